# SPDX-License-Identifier: Apache-2.0
target_sources(syncline_protocol PRIVATE
  ${CMAKE_CURRENT_LIST_DIR}/authors.cpp
  ${CMAKE_CURRENT_LIST_DIR}/branch_order.cpp
  ${CMAKE_CURRENT_LIST_DIR}/graph.cpp
  ${CMAKE_CURRENT_LIST_DIR}/ops.cpp
  ${CMAKE_CURRENT_LIST_DIR}/order_tree.cpp
  ${CMAKE_CURRENT_LIST_DIR}/replay.cpp
  ${CMAKE_CURRENT_LIST_DIR}/rope.cpp
  ${CMAKE_CURRENT_LIST_DIR}/rope_chunk.cpp
  ${CMAKE_CURRENT_LIST_DIR}/rope_index.cpp
  ${CMAKE_CURRENT_LIST_DIR}/text_log.cpp
  ${CMAKE_CURRENT_LIST_DIR}/utf8.cpp)
