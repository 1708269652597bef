# SPDX-License-Identifier: Apache-2.0
target_sources(
  syncline_protocol
  PRIVATE ${CMAKE_CURRENT_LIST_DIR}/author.cpp
          ${CMAKE_CURRENT_LIST_DIR}/changes.cpp
          ${CMAKE_CURRENT_LIST_DIR}/dial_plan.cpp
          ${CMAKE_CURRENT_LIST_DIR}/doubts.cpp
          ${CMAKE_CURRENT_LIST_DIR}/entity_body.cpp
          ${CMAKE_CURRENT_LIST_DIR}/entity_history.cpp
  ${CMAKE_CURRENT_LIST_DIR}/entity_state.cpp
          ${CMAKE_CURRENT_LIST_DIR}/library_edit.cpp
          ${CMAKE_CURRENT_LIST_DIR}/library_read.cpp
          ${CMAKE_CURRENT_LIST_DIR}/links.cpp
          ${CMAKE_CURRENT_LIST_DIR}/node.cpp
          ${CMAKE_CURRENT_LIST_DIR}/node_commands.cpp
          ${CMAKE_CURRENT_LIST_DIR}/open_vault.cpp
          ${CMAKE_CURRENT_LIST_DIR}/pairing.cpp
          ${CMAKE_CURRENT_LIST_DIR}/presence.cpp
          ${CMAKE_CURRENT_LIST_DIR}/presence_board.cpp
          ${CMAKE_CURRENT_LIST_DIR}/presence_others.cpp
          ${CMAKE_CURRENT_LIST_DIR}/presence_preview.cpp
          ${CMAKE_CURRENT_LIST_DIR}/space_merge.cpp
          ${CMAKE_CURRENT_LIST_DIR}/status.cpp
          ${CMAKE_CURRENT_LIST_DIR}/turn.cpp
          ${CMAKE_CURRENT_LIST_DIR}/vault_door.cpp
          ${CMAKE_CURRENT_LIST_DIR}/view.cpp
          ${CMAKE_CURRENT_LIST_DIR}/waits.cpp)
