// One handler with clients of AWS's SDK, bundled in the ways of bundles.py.
//
// usage: node bundle.mjs <folder>; the folder has node_modules and index.mjs, each bundle is written to
// <folder>/out/<name>/index.js.
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const folder = process.argv[2];
const require = createRequire(join(folder, "any.js"));
const entry = join(folder, "index.mjs");
const to = (name) => join(folder, "out", name);

// npm would, by a script, and scripts do not run
chmodSync(join(folder, "node_modules", `@esbuild/${process.platform}-${process.arch}`, "bin", "esbuild"), 0o755);
const esbuild = require("esbuild");
for (const [name, options] of [
  ["esbuild", {}],
  ["esbuild, minified", { minify: true }],
  ["esbuild, ES module, minified", { format: "esm", minify: true }],
]) {
  const given = { entryPoints: [entry], bundle: true, platform: "node", format: "cjs", logLevel: "error" };
  await esbuild.build({ ...given, ...options, outfile: join(to(name), "index.js") });
}

const webpack = require("webpack");
for (const [name, minimize] of [["webpack", false], ["webpack, minified", true]]) {
  const output = { path: to(name), filename: "index.js", library: { type: "commonjs2" } };
  const given = { mode: "production", target: "node", context: folder, entry, optimization: { minimize }, output };
  await new Promise((done, failed) =>
    webpack(given, (error, stats) =>
      error || stats.hasErrors() ? failed(error ?? new Error(stats.toString())) : done(),
    ),
  );
}

const ncc = require("@vercel/ncc");
for (const [name, minify] of [["ncc", false], ["ncc, minified", true]]) {
  const { code } = await ncc(entry, { minify, quiet: true, cache: false });
  mkdirSync(to(name), { recursive: true });
  writeFileSync(join(to(name), "index.js"), code);
}
