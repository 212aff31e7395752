// SPDX-License-Identifier: Apache-2.0
// Messages of a device's own type (`payload: typed` in its configuration), by the descriptors in the gateway's
// catalogue, and, where a .proto of its profile is given (dragoman profile proto mt-sics), by that:
//	npm install && node typed.mjs 127.0.0.1:7531 ../../proto/dragoman/v1/dragoman.proto yard/scale [mt_sics.proto]
import net from "node:net";
import protobuf from "protobufjs";
import "protobufjs/ext/descriptor.js";

const [address, proto, device, profile] = process.argv.slice(2);
const Frame = (await protobuf.load(proto)).lookupType("dragoman.v1.Frame");
const generated = profile && (await new protobuf.Root().load(profile, { keepCase: true }));
const { FileDescriptorSet } = protobuf.descriptor;
let reflected;

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
    reflected = protobuf.Root.fromDescriptor(FileDescriptorSet.decode(bytes));
  if (catalogue && !catalogue.more) send({ subscribe: { patterns: [device] } });
  const typed = event?.reading?.typed;
  if (!typed) return;
  for (const root of [generated, reflected]) {
    const type = root?.lookupType(typed.type);
    if (type) console.log(event.device, typed.type, JSON.stringify(type.toObject(type.decode(typed.message))));
  }
}
