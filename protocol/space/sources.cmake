# SPDX-License-Identifier: Apache-2.0
target_sources(syncline_protocol PRIVATE
  ${CMAKE_CURRENT_LIST_DIR}/control.cpp
  ${CMAKE_CURRENT_LIST_DIR}/device.cpp
  ${CMAKE_CURRENT_LIST_DIR}/entity_keys.cpp
  ${CMAKE_CURRENT_LIST_DIR}/join.cpp
  ${CMAKE_CURRENT_LIST_DIR}/keys.cpp
  ${CMAKE_CURRENT_LIST_DIR}/own_log.cpp
  ${CMAKE_CURRENT_LIST_DIR}/recipient.cpp
  ${CMAKE_CURRENT_LIST_DIR}/record.cpp
  ${CMAKE_CURRENT_LIST_DIR}/record_set.cpp
  ${CMAKE_CURRENT_LIST_DIR}/roster_store.cpp
  ${CMAKE_CURRENT_LIST_DIR}/space_roster.cpp
  ${CMAKE_CURRENT_LIST_DIR}/vault_bodies.cpp
  ${CMAKE_CURRENT_LIST_DIR}/vault_roster.cpp
  ${CMAKE_CURRENT_LIST_DIR}/vault_setup.cpp)
