# SPDX-License-Identifier: Apache-2.0
target_sources(syncline_protocol PRIVATE
  ${CMAKE_CURRENT_LIST_DIR}/bytes.cpp
  ${CMAKE_CURRENT_LIST_DIR}/check.cpp
  ${CMAKE_CURRENT_LIST_DIR}/result.cpp
  ${CMAKE_CURRENT_LIST_DIR}/staged_store.cpp
  ${CMAKE_CURRENT_LIST_DIR}/store.cpp)
