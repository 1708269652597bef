# SPDX-License-Identifier: Apache-2.0
target_sources(
  syncline_protocol
  PRIVATE ${CMAKE_CURRENT_LIST_DIR}/addresses.cpp
          ${CMAKE_CURRENT_LIST_DIR}/ephemeral.cpp
          ${CMAKE_CURRENT_LIST_DIR}/ephemeral_relay.cpp
          ${CMAKE_CURRENT_LIST_DIR}/evidence.cpp
          ${CMAKE_CURRENT_LIST_DIR}/exchange.cpp
          ${CMAKE_CURRENT_LIST_DIR}/messages.cpp
          ${CMAKE_CURRENT_LIST_DIR}/mine.cpp
          ${CMAKE_CURRENT_LIST_DIR}/punch.cpp
          ${CMAKE_CURRENT_LIST_DIR}/replicator.cpp
          ${CMAKE_CURRENT_LIST_DIR}/rosters.cpp
          ${CMAKE_CURRENT_LIST_DIR}/transfer.cpp)
