# SPDX-License-Identifier: Apache-2.0
target_sources(syncline_protocol PRIVATE
  ${CMAKE_CURRENT_LIST_DIR}/compress.cpp
  ${CMAKE_CURRENT_LIST_DIR}/reader.cpp
  ${CMAKE_CURRENT_LIST_DIR}/writer.cpp)
