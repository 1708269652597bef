# SPDX-License-Identifier: Apache-2.0
target_sources(syncline_protocol PRIVATE
  ${CMAKE_CURRENT_LIST_DIR}/address_text.cpp
  ${CMAKE_CURRENT_LIST_DIR}/assembler.cpp
  ${CMAKE_CURRENT_LIST_DIR}/audience.cpp
  ${CMAKE_CURRENT_LIST_DIR}/frames.cpp
  ${CMAKE_CURRENT_LIST_DIR}/handshake.cpp
  ${CMAKE_CURRENT_LIST_DIR}/inbox.cpp
  ${CMAKE_CURRENT_LIST_DIR}/invitation.cpp
  ${CMAKE_CURRENT_LIST_DIR}/outbox.cpp
  ${CMAKE_CURRENT_LIST_DIR}/pairing_code.cpp
  ${CMAKE_CURRENT_LIST_DIR}/pairing_inviter.cpp
  ${CMAKE_CURRENT_LIST_DIR}/pairing_joiner.cpp
  ${CMAKE_CURRENT_LIST_DIR}/pairing_messages.cpp
  ${CMAKE_CURRENT_LIST_DIR}/pairing_stream.cpp
  ${CMAKE_CURRENT_LIST_DIR}/preface.cpp
  ${CMAKE_CURRENT_LIST_DIR}/session.cpp)
