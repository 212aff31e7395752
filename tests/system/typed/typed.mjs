// SPDX-License-Identifier: Apache-2.0
// Reads a typed device with protobufjs, by the .proto of its profile and by the catalogue's descriptors:
//	node typed.mjs ADDRESS dragoman.proto profile.proto TYPE DEVICE
import net from "node:net";
import protobuf from "protobufjs";
import "protobufjs/ext/descriptor.js";

const [address, proto, profile, type, device] = process.argv.slice(2);
const Frame = (await protobuf.load(proto)).lookupType("dragoman.v1.Frame");
const Generated = (await new protobuf.Root().load(profile, { keepCase: true })).lookupType(type);
const Set = protobuf.descriptor.FileDescriptorSet;
let Reflected;

const colon = address.lastIndexOf(":");
const socket = net.connect(Number(address.slice(colon + 1)), address.slice(0, colon));
const send = (frame) => socket.write(Frame.encodeDelimited(Frame.create(frame)).finish());
send({ hello: { version: 1, name: "typed.mjs" } });
send({ browse: { patterns: [device] } });

let received = Buffer.alloc(0);
socket.on("data", (chunk) => {
  received = Buffer.concat([received, chunk]);
  const reader = protobuf.Reader.create(received);
  let used = 0;
  try {
    for (; reader.pos < reader.len; used = reader.pos) take(Frame.decodeDelimited(reader));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // the rest of the frame is still on its way
  }
  received = received.subarray(used);
});

function take({ catalogue, event }) {
  for (const bytes of catalogue?.descriptors ?? [])
    Reflected = protobuf.Root.fromDescriptor(Set.decode(bytes)).lookupType(type);
  if (catalogue) send({ subscribe: { patterns: [device] } });
  const typed = event?.reading?.typed;
  if (typed?.type !== type) return;
  const show = (T) => JSON.stringify(T.toObject(T.decode(typed.message)));
  console.log("generated", show(Generated));
  console.log("reflected", show(Reflected));
}
