// SPDX-License-Identifier: Apache-2.0
// Readings, each at least once, whatever is killed meanwhile: the place behind the last one that was dealt with is in a
// file. One that comes twice has the same publisher, incarnation and number.
//	npm install && node keep.mjs place.json 127.0.0.1:7531 ../../proto/dragoman/v1/dragoman.proto
import fs from "node:fs";
import net from "node:net";
import protobuf from "protobufjs";

const [file = "place.json", address = "127.0.0.1:7531", proto = "../../proto/dragoman/v1/dragoman.proto"] =
  process.argv.slice(2);
const Frame = (await protobuf.load(proto)).lookupType("dragoman.v1.Frame");
const colon = address.lastIndexOf(":");
let place = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file)) : null;
let stream; // that we are given now

function moveOn(seq) {
  place = { stream, seq: String(seq) };
  fs.writeFileSync(file + ".new", JSON.stringify(place));
  fs.renameSync(file + ".new", file);
}

function handle(frame) {
  const { event, gap, position, subscribed, error } = frame;
  if (error && !error.closing) throw new Error(error.text);
  if (subscribed) stream = Buffer.from(subscribed.stream).toString("base64");
  if (gap) console.log("gap", String(gap.first), String(gap.last), gap.reason);
  for (const value of event?.reading?.values ?? [])
    console.log(
      [event.publisher, event.incarnation, event.number, event.device].join(" "),
      value.tag,
      String(value[value.value] ?? value.reason),
    );
  if (event || gap || position) moveOn(event ? frame.seq : gap ? gap.last : position.seq);
}

function connect() {
  const socket = net.connect(Number(address.slice(colon + 1)), address.slice(0, colon));
  let received = Buffer.alloc(0);
  for (const frame of [
    { hello: { version: 1, name: "keep.mjs" } },
    { id: 1, subscribe: place ? { after: place } : { earliest: {} } },
  ])
    socket.write(Frame.encodeDelimited(Frame.fromObject(frame)).finish());
  socket.on("error", (error) => console.error(error.message));
  socket.on("close", () => setTimeout(connect, 500));
  socket.on("data", (chunk) => {
    received = Buffer.concat([received, chunk]);
    const reader = protobuf.Reader.create(received);
    let used = 0;
    while (reader.pos < reader.len) {
      let frame;
      try {
        frame = Frame.decodeDelimited(reader);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        break; // the rest of the frame is still on its way
      }
      used = reader.pos;
      handle(frame);
    }
    received = received.subarray(used);
  });
}

connect();
