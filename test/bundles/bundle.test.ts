// Cached bundles: rebuilt when necessary and only then, and complete at every moment.

import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { type BundleSpec, bundlePath } from '../../runtime/bundles/bundle.ts'
import { readableStack } from '../../runtime/bundles/bundle-stack.ts'
import { childBundle, childEntry } from '../../runtime/bundles/children.ts'
import { codeRoot } from '../../runtime/bundles/code-root.ts'
import { temporaryFolder } from '../support/runtime.ts'

interface Stage {
  readonly cache: string
  readonly spec: BundleSpec
  readonly source: string
  /** The path of the bundle, and whether it had to be made. */
  bundle(): { readonly path: string; readonly made: boolean }
}

async function stage(t: TestContext): Promise<Stage> {
  const sources = realpathSync(await temporaryFolder(t))
  const cache = await temporaryFolder(t)
  const source = join(sources, 'main.ts')
  writeFileSync(join(sources, 'part.ts'), "export const part: string = 'a part'\n")
  writeFileSync(source, "import { part } from './part.ts'\nconsole.log(part)\n")
  const spec: BundleSpec = {
    name: 'example',
    source: relative(codeRoot(), source),
    extension: '.mjs',
    options: { format: 'esm', platform: 'node', target: 'esnext' },
  }
  const receipt = () => statSync(join(cache, 'example.receipt.json'), { bigint: true, throwIfNoEntry: false })
  return {
    cache,
    spec,
    source,
    bundle() {
      const before = receipt()
      const path = bundlePath(spec, cache)
      assert.ok(path)
      // esbuild runs for every receipt that is written, and for nothing else.
      const after = receipt()
      return { path, made: before?.ino !== after?.ino || before?.ctimeNs !== after?.ctimeNs }
    },
  }
}

function outputOf(path: string): string {
  return spawnSync(process.execPath, [path], { encoding: 'utf8' }).stdout
}

test('a bundle is made once, runs from its one file, and is for its owner only', async (t) => {
  const { bundle, cache } = await stage(t)
  const first = bundle()
  assert.equal(first.made, true)
  assert.equal(outputOf(first.path), 'a part\n')
  assert.deepEqual(
    [bundle(), bundle()],
    [
      { path: first.path, made: false },
      { path: first.path, made: false },
    ],
  )
  for (const name of readdirSync(cache)) assert.equal(statSync(join(cache, name)).mode & 0o077, 0, name)
})

test('a change in any of its sources, and other options, make another bundle', async (t) => {
  const { bundle, source, spec, cache } = await stage(t)
  const first = bundle()
  writeFileSync(join(source, '../part.ts'), "export const part: string = 'another part'\n")
  const second = bundle()
  assert.equal(second.made, true)
  assert.notEqual(second.path, first.path)
  assert.equal(outputOf(second.path), 'another part\n')
  assert.ok(existsSync(first.path), 'a server that runs may still start children from it')
  const minified = bundlePath({ ...spec, options: { ...spec.options, minify: true } }, cache)
  assert.notEqual(minified, second.path)
})

test('changed, truncated and missing files of the cache are rebuilt', async (t) => {
  const { bundle, cache } = await stage(t)
  const { path } = bundle()
  const whole = readFileSync(path, 'utf8')
  const receipt = join(cache, 'example.receipt.json')
  const harms: Readonly<Record<string, () => void>> = {
    'other code': () => writeFileSync(path, whole.replace('a part', 'an evil part')),
    'half of the code': () => writeFileSync(path, whole.slice(0, whole.length / 2)),
    'no code': () => rmSync(path),
    'half of the receipt': () => writeFileSync(receipt, readFileSync(receipt, 'utf8').slice(0, 50)),
    'a receipt of something else': () => writeFileSync(receipt, '{"inputs":1}'),
    'a source that it was not made of': () =>
      writeFileSync(receipt, readFileSync(receipt, 'utf8').replace(/part\.ts/, 'none.ts')),
  }
  for (const [name, harm] of Object.entries(harms)) {
    harm()
    assert.deepEqual(bundle(), { path, made: true }, name)
    assert.equal(readFileSync(path, 'utf8'), whole, name)
  }
  assert.equal(bundle().made, false)
})

test('many first starts at once agree on one bundle, and leave nothing half-made', async (t) => {
  const { spec, cache } = await stage(t)
  const module = JSON.stringify(import.meta.resolve('../../runtime/bundles/bundle.ts'))
  const script = `const { bundlePath } = await import(${module})
    console.log(bundlePath(${JSON.stringify(spec)}, ${JSON.stringify(cache)}))`
  const start = () => promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
  const paths = (await Promise.all([start(), start(), start(), start()])).map(({ stdout }) => stdout.trim())
  assert.equal(new Set(paths).size, 1)
  assert.equal(outputOf(paths[0] ?? ''), 'a part\n')
  assert.deepEqual(
    readdirSync(cache)
      .filter((name) => name !== 'file-hashes.json')
      .sort(),
    [basename(paths[0] ?? ''), `${basename(paths[0] ?? '')}.map`, 'example.receipt.json'].sort(),
  )
})

test('a stack of a child names our files and lines, and what a child makes up opens no file', async (t) => {
  const { bundle, source } = await stage(t)
  writeFileSync(
    source,
    "import { part } from './part.ts'\n\nconsole.log(part)\nfunction fail(): never {\n  throw new Error(part)\n}\nfail()\n",
  )
  const { path } = bundle()
  const url = pathToFileURL(path)
  const { stderr } = spawnSync(process.execPath, [path], { encoding: 'utf8' })
  assert.match(stderr, /example-[0-9a-f]{16}\.mjs:\d+/)
  const readable = readableStack(stderr, url)
  assert.match(readable, /at fail \(.*main\.ts:5:9\)/)
  assert.doesNotMatch(readable, /\(file:.*\.mjs/)
  for (const made of [`${url.href}:x:y`, `${url.href}:`, 'file:///etc/passwd:1:1'])
    assert.equal(readableStack(made, url), made)
  assert.equal(readableStack(`${url.href}:1:1`, new URL('file:///nowhere/x.mjs')), `${url.href}:1:1`)
})

test('the source map is read for places only that no earlier stack had', async (t) => {
  const { bundle } = await stage(t)
  const { path } = bundle()
  const url = pathToFileURL(path)
  const known = new Map<string, string>()
  const stack = `Error: first\n    at ${url.href}:1:1\n    at ${url.href}:999999:1`
  const readable = readableStack(stack, url, known)
  assert.match(readable, /^Error: first\n.*\n {4}at .*main\.ts:2:17$/)
  rmSync(`${path}.map`)
  assert.equal(
    readableStack(stack.replace('first', 'second'), url, known),
    readable.replace('first', 'second'),
  )
  assert.equal(readableStack(stack, url), stack)
  for (let line = 1; line <= 5000; line++) readableStack(`${url.href}:${line}:7`, url, known)
  assert.ok(known.size <= 2000, `${known.size} places`)
})

test('a child may read its own file and the packages that it names, and no other code', () => {
  for (const name of ['data', 'data-transfer', 'source-map', 'compression'] as const) {
    const { url, code } = childEntry(name)()
    assert.deepEqual(
      code.map((path) => pathToFileURL(path).href),
      [url.href],
      name,
    )
  }
  const ends = (name: 'sandbox' | 'package' | 'template') =>
    childEntry(name)()
      .code.slice(1)
      .map((path) => relative(join(codeRoot(), 'node_modules'), path))
  assert.deepEqual(ends('sandbox'), ['isolated-vm', 'node-gyp-build'])
  assert.deepEqual(ends('template'), ['minijinja-js'])
  assert.deepEqual(
    ends('package').filter((path) => !/^(?:@esbuild[\\/][\w-]+|esbuild)$/.test(path)),
    [],
  )
})

test('the bundle of a child holds all of its program', () => {
  const kinds = [
    'sandbox',
    'data',
    'data-transfer',
    'package',
    'source-map',
    'compression',
    'template',
  ] as const
  const outside: Readonly<Partial<Record<(typeof kinds)[number], string>>> = {
    sandbox: 'isolated-vm',
    template: 'minijinja-js',
  }
  for (const name of kinds) {
    const path = bundlePath(childBundle(name))
    assert.ok(path)
    const found = readFileSync(path, 'utf8').matchAll(/^import .* from "([^"]+)"/gm)
    const libraries = [...found]
      .map(([, specifier = '']) => specifier)
      .filter((text) => !/^(?:node:|[a-z_]+$)/.test(text))
    assert.deepEqual([...new Set(libraries)], outside[name] === undefined ? [] : [outside[name]], name)
  }
})
