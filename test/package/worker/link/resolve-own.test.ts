// Imports of the author's own files, as tsc and esbuild take them.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { stopLinker } from '../../../../runtime/package/worker/link/link.ts'
import { evaluate, link, type Texts } from './linked.ts'

after(() => stopLinker())

async function imported(specifier: string, files: Texts, importer = 'backend/index.ts'): Promise<unknown> {
  const source = `import { x } from ${JSON.stringify(specifier)}\nexport default x`
  const { default: value } = await evaluate(await link({ ...files, [importer]: source }, importer))
  return value
}

const says = (text: string) => `export const x = ${JSON.stringify(text)}`

test('"./x.js" is x.ts, and a name without an ending is a file or a folder with an index', async () => {
  const files = {
    'backend/util.ts': says('util.ts'),
    'backend/view.tsx': says('view.tsx'),
    'backend/m.mts': says('m.mts'),
    'backend/lib/index.ts': says('lib/index.ts'),
    'backend/both.js': says('both.js'),
    'backend/both.ts': says('both.ts'),
    'backend/a.b.ts': says('a.b.ts'),
    'backend/data.json': '{"x":"data.json"}',
    'shared/y.js': says('y.js'),
    'backend/util/index.ts': says('util/index.ts'),
  }
  const cases: readonly [string, string][] = [
    ['./util.js', 'util.ts'],
    ['./util', 'util.ts'],
    ['./util.ts', 'util.ts'],
    ['./util/', 'util/index.ts'],
    ['./view.js', 'view.tsx'],
    ['./view.jsx', 'view.tsx'],
    ['./m.mjs', 'm.mts'],
    ['./lib', 'lib/index.ts'],
    ['./lib/', 'lib/index.ts'],
    ['./lib/index.js', 'lib/index.ts'],
    // What is named exactly counts for more than what is like it; without an ending, the source does.
    ['./both.js', 'both.js'],
    ['./both', 'both.ts'],
    ['./a.b', 'a.b.ts'],
    ['./data', 'data.json'],
    ['../shared/y', 'y.js'],
  ]
  for (const [specifier, expected] of cases)
    assert.equal(await imported(specifier, files), expected, specifier)
})

test('"paths" and "baseUrl" of tsconfig.json give names to files of the package', async () => {
  const files = {
    'tsconfig.json': `{
      // as tsc writes it
      "compilerOptions": { "baseUrl": "./backend", "paths": {
        "@/*": ["./src/*", "./other/*"], "@/special/*": ["./special/*"], "~/*": ["src/*"], "exact": ["src/a.ts"], "*-suffix": ["src/*"],
      } } }`,
    'backend/src/a.ts': says('a'),
    'backend/src/deep/index.ts': says('deep'),
    'backend/other/b.ts': says('b'),
    'backend/special/a.ts': says('special'),
    'backend/node_modules/a/index.js': says('package'),
    'backend/bare.ts': says('bare'),
  }
  const cases: readonly [string, string][] = [
    ['@/a', 'a'],
    ['@/a.js', 'a'],
    ['@/deep', 'deep'],
    ['@/b', 'b'],
    ['@/special/a', 'special'],
    ['~/a', 'a'],
    ['exact', 'a'],
    ['a-suffix', 'a'],
    ['a', 'package'],
    ['bare', 'bare'],
    ['src/a', 'a'],
  ]
  for (const [specifier, expected] of cases)
    assert.equal(await imported(specifier, files), expected, specifier)
})

test('"extends" within the package counts, each "paths" from where it is written', async () => {
  const files = {
    'tsconfig.base.json':
      '{ "compilerOptions": { "paths": { "@/*": ["./backend/src/*"] }, "jsx": "react-jsx", "jsxImportSource": "own" } }',
    'config/more.json':
      '{ "extends": "../tsconfig.base", "compilerOptions": { "experimentalDecorators": true } }',
    'backend/tsconfig.json': '{ "extends": ["../config/more"] }',
    'backend/src/a.ts': says('a'),
  }
  assert.equal(await imported('@/a', files), 'a')
  const own = {
    'backend/tsconfig.json':
      '{ "extends": "../tsconfig.base.json", "compilerOptions": { "paths": { "#/*": ["./src/*"] } } }',
  }
  assert.equal(await imported('#/a', { ...files, ...own }), 'a')
  const jsx = { 'backend/node_modules/own/jsx-runtime.js': 'export const jsx = (tag) => "<" + tag + ">"' }
  const { code } = await link(
    { ...files, ...jsx, 'backend/index.tsx': 'export default <p />' },
    'backend/index.tsx',
  )
  assert.match(code, /"<" \+ tag/)
})

test('circles, walls and nonsense in a tsconfig.json change nothing', async () => {
  const wide = JSON.stringify({ extends: Array.from({ length: 10 }, () => './tsconfig.json') })
  for (const text of [
    '{ "extends": "./tsconfig.json" }',
    wide,
    '{ "compilerOptions": { "baseUrl": "../..", "paths": { "@/*": ["../../../etc/*"], "a*b*c": ["x"], "d": 5, "__proto__": ["x"] } } }',
    '{ "compilerOptions": { "paths": [] } }',
    '{ "compilerOptions": { "paths": { "*": ["./nowhere/*"] } } }',
    '[]',
    '{',
  ])
    assert.equal(await imported('./a.js', { 'tsconfig.json': text, 'backend/a.ts': says('a') }), 'a', text)
})
