# SPDX-License-Identifier: Apache-2.0
target_sources(syncline_protocol PRIVATE
  ${CMAKE_CURRENT_LIST_DIR}/accept.cpp
  ${CMAKE_CURRENT_LIST_DIR}/appender.cpp
  ${CMAKE_CURRENT_LIST_DIR}/block.cpp
  ${CMAKE_CURRENT_LIST_DIR}/chain.cpp
  ${CMAKE_CURRENT_LIST_DIR}/chain_hashes.cpp
  ${CMAKE_CURRENT_LIST_DIR}/draft.cpp
  ${CMAKE_CURRENT_LIST_DIR}/event_codec.cpp
  ${CMAKE_CURRENT_LIST_DIR}/feed.cpp
  ${CMAKE_CURRENT_LIST_DIR}/log_store.cpp
  ${CMAKE_CURRENT_LIST_DIR}/proof.cpp
  ${CMAKE_CURRENT_LIST_DIR}/reader_state.cpp
  ${CMAKE_CURRENT_LIST_DIR}/regrow.cpp
  ${CMAKE_CURRENT_LIST_DIR}/rollback.cpp)
