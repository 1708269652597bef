// SPDX-License-Identifier: Apache-2.0
//
// Proof: two signatures of one log that exclude each other, checkable by anybody.
//
// The first head says that event seq left the chain at one value; the leaves lead from
// another value at the same seq to a second signed head. A proof freezes the log: its
// prefix stays, nothing more is accepted. Who is to blame is not decided here. Spec L8.
#pragma once

#include "protocol/log/log_store.h"

namespace syncline::log {

struct Proof {
  LogOrigin origin;
  SignedHead head;              // one branch
  Digest other;                 // the other branch's chain value at head.at.seq
  std::vector<Digest> leaves;   // of the other branch after head.at.seq, at most 1024
  crypto::Signature signature;  // over the other branch's head after the leaves
};

Buffer encode_proof(const Proof& proof);
Result<Proof> decode_proof(Bytes proof);
// Errors: Errc::invalid if both branches are the same; Errc::bad_signature.
Status verify_proof(const Proof& proof);

// Stores a verified proof and freezes the log; does nothing if it is frozen already.
// Errors: as verify_proof; Errc::not_admitted if the origin is not the known log's.
Status freeze(Draft& draft, const Proof& proof);
Result<std::optional<Proof>> find_proof(const StoreReader& reader, const LogId& log);

// Compares a head somebody shows with what is held of the log. Nothing if they agree or the
// head is beyond what is held. Errors: Errc::bad_signature if the head is not the log's own.
Result<std::optional<Proof>> prove_against(const StoreReader& reader, const LogId& log,
                                           const SignedHead& shown);

}  // namespace syncline::log
