// SPDX-License-Identifier: Apache-2.0
// Live readings with nothing but protobufjs and the .proto:
//	npm install && node watch.mjs 127.0.0.1:7531 ../../proto/dragoman/v1/dragoman.proto
import net from "node:net";
import protobuf from "protobufjs";

const [address = "127.0.0.1:7531", proto = "../../proto/dragoman/v1/dragoman.proto"] = process.argv.slice(2);
const Frame = (await protobuf.load(proto)).lookupType("dragoman.v1.Frame");
const colon = address.lastIndexOf(":");
const socket = net.connect(Number(address.slice(colon + 1)), address.slice(0, colon));

for (const frame of [{ hello: { version: 1, name: "watch.mjs" } }, { subscribe: {} }])
  socket.write(Frame.encodeDelimited(Frame.create(frame)).finish());

let received = Buffer.alloc(0);
socket.on("data", (chunk) => {
  received = Buffer.concat([received, chunk]);
  const reader = protobuf.Reader.create(received);
  let used = 0;
  try {
    for (; reader.pos < reader.len; used = reader.pos) show(Frame.decodeDelimited(reader));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // the rest of the frame is still on its way
  }
  received = received.subarray(used);
});

function show({ event }) {
  for (const value of event?.reading?.values ?? [])
    console.log(event.device, value.tag, String(value[value.value] ?? value.reason));
}
