// SPDX-License-Identifier: Apache-2.0
#include "protocol/crdt/version.h"

#include <doctest/doctest.h>

using namespace syncline;
using namespace syncline::crdt;

TEST_CASE("a version knows the highest seq of each log and nothing of others") {
  VersionVector version({{7, 3}, {2, 5}, {7, 1}, {4, 0}});
  CHECK(version.get(7) == 3);
  CHECK(version.get(2) == 5);
  CHECK(version.get(4) == 0);
  CHECK(version.size() == 2);
  CHECK(version.covers(7, 3));
  CHECK_FALSE(version.covers(7, 4));
  CHECK(version.covers(9, 0));
  CHECK(version.sum() == 8);
}

TEST_CASE("setting a seq of zero forgets the log") {
  VersionVector version({{1, 1}, {2, 2}});
  version.set(1, 0);
  version.set(3, 0);
  CHECK(version == VersionVector({{2, 2}}));
  version.set(2, 1);
  CHECK(version.get(2) == 1);
  version.raise(2, 9);
  version.raise(2, 4);
  version.raise(0, 4);
  CHECK(version == VersionVector({{0, 4}, {2, 9}}));
}

TEST_CASE("merging takes the higher seq of every log") {
  std::vector<EventId> many;
  for (LogIndex log = 0; log < 20; ++log) many.push_back({log, log + 1});
  VersionVector a({{3, 100}, {50, 2}});
  a.merge(VersionVector(many));
  CHECK(a.get(3) == 100);
  CHECK(a.get(50) == 2);
  CHECK(a.get(19) == 20);
  CHECK(a.size() == 21);
  CHECK(a.covers(VersionVector(many)));
  CHECK_FALSE(VersionVector(many).covers(a));
}

TEST_CASE("a version survives its encoding, which is the only one of it") {
  const VersionVector version({{0, 1}, {1, 300}, {1000, 7}, {UINT32_MAX, UINT64_MAX}});
  wire::Writer out;
  version.encode(out);
  wire::Reader in(out.view());
  CHECK(in.finish(VersionVector::decode(in, 4)).value() == version);

  wire::Reader few(out.view());
  VersionVector::decode(few, 3);
  CHECK_FALSE(few.ok());
}

TEST_CASE("a version with a zero seq or a log beyond the range is refused") {
  for (const Buffer& bytes : {Buffer{1, 0, 0}, Buffer{2, 0, 1, 0xff, 0xff, 0xff, 0xff, 0x0f, 1},
                              Buffer{2, 0, 1}, Buffer{1, 0x80, 0, 1}}) {
    wire::Reader in(bytes);
    CHECK_FALSE(in.finish(VersionVector::decode(in, 100)));
  }
}
