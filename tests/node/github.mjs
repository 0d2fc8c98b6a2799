// The GitHub of `emulate` for tests/support/github_emulate.py: seeded, reset on demand, gone with its parent.
//
// usage: node github.mjs <emulate's api.js>; the first line of stdin is the seed (JSON), each further one asks for
// a reset. Answers a line each: the address and the apps' private keys, made anew at each start; then "done".
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const { createEmulator } = await import(pathToFileURL(process.argv[2]));
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const seed = JSON.parse((await lines.next()).value);
const emulator = await createEmulator({ service: "github", port: 0, hostname: "127.0.0.1", seed });
console.log(JSON.stringify({ url: emulator.url, secrets: emulator.generatedSecrets }));
for await (const _ of lines) {
  emulator.reset();
  console.log("done");
}
await emulator.close();
