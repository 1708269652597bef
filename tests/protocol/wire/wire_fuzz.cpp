// SPDX-License-Identifier: Apache-2.0
//
// Fuzzes the reader of fields: the first bytes of the input choose which fields are read.
//
// Whatever is read, a value that was accepted writes back to exactly the bytes it came from.
#include "protocol/base/check.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

namespace {

using syncline::Bytes;
using syncline::wire::Reader;
using syncline::wire::Writer;

constexpr std::size_t fields_max = 8;

void read_field(Reader& in, Writer& out, std::uint8_t kind) {
  Writer field;
  switch (kind % 8) {
    case 0: field.u8(in.u8()); break;
    case 1: field.u16(in.u16()); break;
    case 2: field.u32(in.u32()); break;
    case 3: field.u64(in.u64()); break;
    case 4: field.varint(in.varint()); break;
    case 5: field.zigzag(in.zigzag()); break;
    case 6: field.bytes(in.bytes(64)); break;
    case 7: field.text(in.text(64)); break;
  }
  if (in.ok()) out.fixed(field.view());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < fields_max) return 0;
  const Bytes input(data, size);
  const Bytes body = input.subspan(fields_max);
  Reader in(body);
  Writer out;
  for (std::size_t i = 0; i < fields_max && in.left() > 0; ++i) read_field(in, out, data[i]);
  const bool read_all = in.ok() && in.left() == 0;
  const auto finished = in.finish(0);
  SYNCLINE_CHECK(finished.has_value() == read_all);
  if (read_all) SYNCLINE_CHECK(syncline::equal(out.view(), body));
  return 0;
}
