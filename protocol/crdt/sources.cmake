# SPDX-License-Identifier: Apache-2.0
target_sources(syncline_protocol PRIVATE
  ${CMAKE_CURRENT_LIST_DIR}/apply.cpp
  ${CMAKE_CURRENT_LIST_DIR}/container.cpp
  ${CMAKE_CURRENT_LIST_DIR}/decimal.cpp
  ${CMAKE_CURRENT_LIST_DIR}/document.cpp
  ${CMAKE_CURRENT_LIST_DIR}/document_history.cpp
  ${CMAKE_CURRENT_LIST_DIR}/inspect.cpp
  ${CMAKE_CURRENT_LIST_DIR}/list_alignment.cpp
  ${CMAKE_CURRENT_LIST_DIR}/notes.cpp
  ${CMAKE_CURRENT_LIST_DIR}/op.cpp
  ${CMAKE_CURRENT_LIST_DIR}/patch.cpp
  ${CMAKE_CURRENT_LIST_DIR}/positions.cpp
  ${CMAKE_CURRENT_LIST_DIR}/read.cpp
  ${CMAKE_CURRENT_LIST_DIR}/rehearsal.cpp
  ${CMAKE_CURRENT_LIST_DIR}/rules.cpp
  ${CMAKE_CURRENT_LIST_DIR}/sequence.cpp
  ${CMAKE_CURRENT_LIST_DIR}/shape.cpp
  ${CMAKE_CURRENT_LIST_DIR}/slot.cpp
  ${CMAKE_CURRENT_LIST_DIR}/snapshot.cpp
  ${CMAKE_CURRENT_LIST_DIR}/snapshot_sequence.cpp
  ${CMAKE_CURRENT_LIST_DIR}/symbol_diff.cpp
  ${CMAKE_CURRENT_LIST_DIR}/text_container.cpp
  ${CMAKE_CURRENT_LIST_DIR}/text_diff.cpp
  ${CMAKE_CURRENT_LIST_DIR}/text_edit.cpp
  ${CMAKE_CURRENT_LIST_DIR}/value.cpp
  ${CMAKE_CURRENT_LIST_DIR}/value_diff.cpp
  ${CMAKE_CURRENT_LIST_DIR}/version.cpp)
