target_sources(syncline_protocol PRIVATE ${CMAKE_CURRENT_LIST_DIR}/secret_text.cpp)
