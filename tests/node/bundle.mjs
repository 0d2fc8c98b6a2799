// One program bundled by the bundlers that people use, for tests/unit/scan/test_bundles.py.
//
// usage: node bundle.mjs <node_modules> <folder>; the folder has app.js (CommonJS) and app.mjs (ES modules), the
// bundles are written to <folder>/out, each with its map where the bundler makes one.
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [modules, folder] = process.argv.slice(2);
const require = createRequire(join(modules, "any.js"));
const out = join(folder, "out");
const external = ["@aws-sdk/client-lambda"];
mkdirSync(out, { recursive: true });

const platform = `@esbuild/${process.platform}-${process.arch}`;
chmodSync(join(modules, platform, "bin", "esbuild"), 0o755); // npm would, by the script that we do not run
const esbuild = require("esbuild");
for (const [name, entry, options] of [
  ["esbuild-cjs", "app.js", { sourcemap: true }],
  ["esbuild-cjs-min", "app.js", { minify: true, sourcemap: "inline" }],
  ["esbuild-esm", "app.mjs", { format: "cjs", sourcemap: "external" }],
  ["esbuild-esm-min", "app.mjs", { format: "cjs", minify: true }],
]) {
  const given = { entryPoints: [join(folder, entry)], bundle: true, platform: "node", external, logLevel: "error" };
  await esbuild.build({ ...given, ...options, outfile: join(out, `${name}.js`) });
}

const { rollup } = require("rollup");
const rolled = await rollup({ input: join(folder, "app.mjs"), external });
await rolled.write({ format: "cjs", file: join(out, "rollup.js"), sourcemap: true });

const terser = require("terser");
const text = readFileSync(join(out, "rollup.js"), "utf8");
const content = readFileSync(join(out, "rollup.js.map"), "utf8");
const sourceMap = { content, url: "terser.js.map", includeSources: true };
const minified = await terser.minify(text, { toplevel: true, sourceMap });
writeFileSync(join(out, "terser.js"), minified.code);
writeFileSync(join(out, "terser.js.map"), minified.map);

const webpack = require("webpack");
for (const [name, entry, mode, devtool] of [
  ["webpack", "app.js", "production", "source-map"],
  ["webpack-plain", "app.js", "none", false],
  ["webpack-dev", "app.js", "development", "inline-source-map"],
  ["webpack-eval", "app.js", "development", "eval"],
  ["webpack-esm", "app.mjs", "production", "source-map"],
  ["webpack-esm-plain", "app.mjs", "none", false],
]) {
  const externals = Object.fromEntries(external.map((one) => [one, `commonjs ${one}`]));
  const output = { path: out, filename: `${name}.js`, libraryTarget: "commonjs2" };
  const given = { mode, devtool, context: folder, entry: `./${entry}`, target: "node", externals, output };
  await new Promise((done, failed) =>
    webpack(given, (error, stats) =>
      error || stats.hasErrors() ? failed(error ?? new Error(stats.toString())) : done(),
    ),
  );
}

const ncc = require("@vercel/ncc");
for (const [name, minify] of [["ncc", false], ["ncc-min", true]]) {
  const made = await ncc(join(folder, "app.js"), { externals: external, minify, sourceMap: !minify, quiet: true });
  writeFileSync(join(out, `${name}.js`), made.code);
  if (made.map) writeFileSync(join(out, `${name}.js.map`), made.map);
}
process.exit(0);
