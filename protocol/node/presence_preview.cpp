// SPDX-License-Identifier: Apache-2.0
//
//   preview := log 16 | seq v | size v | version text | ops (crdt/op.h), the rest
#include "protocol/node/presence_preview.h"

#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

#include <algorithm>

namespace syncline::node {
namespace {

bool is_typing(const std::vector<crdt::Op>& ops) {
  return !ops.empty() && std::all_of(ops.begin(), ops.end(), [&](const crdt::Op& op) {
    return op.path == ops.front().path && (std::holds_alternative<crdt::TextInsert>(op.action) ||
                                           std::holds_alternative<crdt::TextRemove>(op.action));
  });
}

}  // namespace

std::vector<crdt::Op> ops_of(const Preview& preview) {
  std::vector<crdt::Op> ops;
  for (const PreviewSplice& splice : preview.splices) {
    if (splice.removed > 0)
      ops.push_back({preview.path, crdt::TextRemove{splice.position, splice.removed}});
    if (!splice.inserted.empty())
      ops.push_back({preview.path, crdt::TextInsert{splice.position, splice.inserted}});
  }
  return ops;
}

Result<Buffer> encode_preview(const SentPreview& preview) {
  if (!is_typing(preview.ops)) return fail(Errc::invalid, "a preview is typing in one text");
  if (preview.version.size() > preview_version_size_max) return fail(Errc::oversized, "a preview");
  const Status sound = crdt::check_ops(preview.ops);
  if (!sound) return pass(sound);
  wire::Writer out;
  out.id(preview.log).varint(preview.seq).text(preview.version);
  crdt::encode_ops(out, preview.ops);
  if (out.size() > limits::preview_size_max) return fail(Errc::oversized, "a preview");
  return out.take();
}

Result<SentPreview> decode_preview(Bytes bytes) {
  wire::Reader in(bytes);
  SentPreview preview;
  preview.log = in.id<LogId>();
  preview.seq = in.varint();
  preview.version = in.text(preview_version_size_max);
  preview.ops = crdt::decode_ops(in);
  if (in.ok() && !is_typing(preview.ops)) in.fail_with(Errc::invalid);
  return in.finish(std::move(preview));
}

}  // namespace syncline::node
