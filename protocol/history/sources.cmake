# SPDX-License-Identifier: Apache-2.0
target_sources(syncline_protocol PRIVATE
  ${CMAKE_CURRENT_LIST_DIR}/comparison.cpp
  ${CMAKE_CURRENT_LIST_DIR}/mark_comparison.cpp
  ${CMAKE_CURRENT_LIST_DIR}/mark_restoration.cpp
  ${CMAKE_CURRENT_LIST_DIR}/mark_reversal.cpp
  ${CMAKE_CURRENT_LIST_DIR}/node_comparison.cpp
  ${CMAKE_CURRENT_LIST_DIR}/regrowth.cpp
  ${CMAKE_CURRENT_LIST_DIR}/replay.cpp
  ${CMAKE_CURRENT_LIST_DIR}/reversal.cpp
  ${CMAKE_CURRENT_LIST_DIR}/segment_reader.cpp
  ${CMAKE_CURRENT_LIST_DIR}/segment_writer.cpp
  ${CMAKE_CURRENT_LIST_DIR}/shown_marks.cpp
  ${CMAKE_CURRENT_LIST_DIR}/taking_back.cpp
  ${CMAKE_CURRENT_LIST_DIR}/text_places.cpp)
