# SPDX-License-Identifier: Apache-2.0
target_sources(syncline_protocol PRIVATE
  ${CMAKE_CURRENT_LIST_DIR}/day_keys.cpp
  ${CMAKE_CURRENT_LIST_DIR}/dht_record.cpp
  ${CMAKE_CURRENT_LIST_DIR}/dialable.cpp
  ${CMAKE_CURRENT_LIST_DIR}/lan_tag.cpp
  ${CMAKE_CURRENT_LIST_DIR}/nearby.cpp
  ${CMAKE_CURRENT_LIST_DIR}/relay_client.cpp
  ${CMAKE_CURRENT_LIST_DIR}/relay_messages.cpp)
