import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import { stopLinker } from '../../../../runtime/package/worker/link/link.ts'
import { errorProblems, evaluate, link, type Texts } from './linked.ts'

after(() => stopLinker())

/** Links one refused import; answers message and hint, having checked code, file and place. */
async function refusalOf(line: string, others: Texts = {}): Promise<string> {
  const source = `// a comment\n\n${line}\n`
  const problems = await errorProblems({ 'backend/index.ts': source, ...others })
  assert.equal(problems.length, 1, `${line}: ${JSON.stringify(problems)}`)
  const [problem] = problems
  assert.ok(problem)
  assert.equal(problem.code, 'IMPORT_REFUSED')
  assert.equal(problem.file, 'backend/index.ts')
  assert.equal(problem.line, 3)
  // The place is the quote before the name.
  assert.match(line[(problem.column ?? 0) - 1] ?? '', /["'`]/, line)
  assert.ok(problem.frame?.includes(`> 3 | ${line.slice(0, 40)}`), problem.frame ?? '')
  return `${problem.message} | ${problem.hint}`
}

const CARRY = 'Bundle the package into the backend, or carry it in backend/node_modules'
const RELATIVE = 'Import a file of the package by its relative path, such as "./file.js"'

test('built-in modules of Node are refused, with what plugins have instead', async () => {
  const hints = {
    'node:fs': 'Use env.kv to keep data',
    'fs/promises': 'Use env.kv to keep data',
    'node:crypto': 'Use the global crypto',
    crypto: 'Use the global crypto',
    'node:buffer': 'Use Uint8Array, TextEncoder and TextDecoder',
    'node:test': 'Use the web standards that plugins have; see docs/guest-api.md',
    'node:nonsense': 'Use the web standards that plugins have; see docs/guest-api.md',
  }
  for (const [name, hint] of Object.entries(hints)) {
    assert.equal(
      await refusalOf(`import * as x from '${name}'; x`),
      `"${name}" is a built-in module of Node, which plugins do not have | ${hint}`,
    )
  }
  assert.match(await refusalOf('export * from "node:os"'), /^"node:os" is a built-in/)
  assert.match(await refusalOf('const x = require("net")'), /^"net" is a built-in/)
  assert.match(await refusalOf('const x = await import("node:fs")'), /^"node:fs" is a built-in/)
})

test('what is not in the package is refused by kind', async () => {
  const cases: readonly [line: string, expected: string][] = [
    ['import "express"', `The package "express" is not in the zip | ${CARRY}`],
    ['import "@scope/thing/part.js"', `The package "@scope/thing" is not in the zip | ${CARRY}`],
    ['import "npm:express"', `"npm:express" is not in the package | ${CARRY}`],
    ['import "plugbay"', 'The backend cannot import "plugbay" | Import "plugbay/sdk"'],
    [
      'import "../../outside.js"',
      'The path "../../outside.js" leaves the package | Move the file into the package',
    ],
    [
      'import "./../../../etc/passwd"',
      'The path "./../../../etc/passwd" leaves the package | Move the file into the package',
    ],
    ['import "/etc/passwd"', `An absolute path cannot be imported: "/etc/passwd" | ${RELATIVE}`],
    ['require("/etc/hostname")', `An absolute path cannot be imported: "/etc/hostname" | ${RELATIVE}`],
    [
      'try { require("/etc/hostname") } catch {}',
      `An absolute path cannot be imported: "/etc/hostname" | ${RELATIVE}`,
    ],
    [
      'import("/etc/hostname").catch(() => {})',
      `An absolute path cannot be imported: "/etc/hostname" | ${RELATIVE}`,
    ],
    [
      'import "file:///etc/passwd"',
      '"file:///etc/passwd" is not a file of the package | Import a file of the package by its relative path',
    ],
    [
      'import "C:/x.js"',
      '"C:/x.js" is not a file of the package | Import a file of the package by its relative path',
    ],
    [
      'import "https://example.org/x.js"',
      'Code from the network cannot be imported: "https://example.org/x.js" | Put the file into the package',
    ],
    [
      'import "//example.org/x.js"',
      'Code from the network cannot be imported: "//example.org/x.js" | Put the file into the package',
    ],
    [
      'import "data:text/javascript,1"',
      'Code from a data: address cannot be imported | Put the code into a file of the package',
    ],
    ['import ""', `"" is not the name of a file or a package | ${RELATIVE}`],
    [
      'import "#internal"',
      '"#internal" needs "imports" in a package.json | Import the file by its relative path',
    ],
    [
      'import "./nothing.js"',
      'The package has no file "backend/nothing.js" | Add the file, or correct its name',
    ],
    ['import "./a\\\\b.js"', 'The package has no file "backend/a\\b.js" | Add the file, or correct its name'],
  ]
  for (const [line, expected] of cases) assert.equal(await refusalOf(line), expected)
})

test('a name in other letters is refused; the hint has the exact name', async () => {
  const files = { 'backend/util.ts': '', 'backend/node_modules/lodash/index.js': '' }
  const cases: readonly [line: string, hint: string][] = [
    ['import "./Util.ts"', 'Write "./util.ts": names are case-sensitive'],
    ['import "util.ts"', 'Did you mean "./util.ts"?'],
    ['import "loadsh"', 'Did you mean "lodash"?'],
  ]
  for (const [line, hint] of cases) assert.equal((await refusalOf(line, files)).split(' | ')[1], hint, line)
})

test('what "paths" of tsconfig.json lead to must be in the package, and what it extends too', async () => {
  const paths = { 'tsconfig.json': '{ "compilerOptions": { "paths": { "@/*": ["./src/*"] } } }' }
  assert.equal(
    await refusalOf('import "@/x"', paths),
    '"paths" of tsconfig.json lead "@/x" to "src/x", which is not in the package | Add the file, or move it below the folder of the backend',
  )
  const base = { 'tsconfig.json': '{ "extends": "../base.json" }' }
  const note =
    'tsconfig.json extends "../base.json", which is not in the package, so its "paths" are not known'
  assert.equal(
    await refusalOf('import "@own/x"', base),
    `The package "@own/x" is not in the zip | ${CARRY}. ${note}`,
  )
})

test('files that are not code are refused', async () => {
  const files = { 'backend/a.wasm': '', 'backend/a.node': '', 'backend/a.css': '' }
  assert.match(await refusalOf('import a from "./a.wasm"; a', files), /^"\.\/a\.wasm" is WebAssembly/)
  assert.match(await refusalOf('require("./a.node")', files), /^"\.\/a\.node" is a native module/)
  assert.match(await refusalOf('import "./a.css"', files), /^"\.\/a\.css" is not code/)
})

test('an import() whose name is put together from parts of a path is refused with an example', async () => {
  const [problem] = await errorProblems({
    'backend/index.ts': 'export default (l: string) => import("./locales/" + l + ".js")',
  })
  assert.equal(problem?.code, 'IMPORT_REFUSED')
  assert.equal(problem?.message, 'The name of an imported file must be a plain string')
  assert.deepEqual([problem?.line, problem?.column], [1, 31])
})

test('an optional package inside a try/catch is not a problem, and rejects when it is loaded', async () => {
  const linked = await link({
    'backend/index.ts': 'export const found = await import("sharp").then(() => true, (error) => error.name)',
  })
  assert.equal((await evaluate(linked)).found, 'TypeError')
})

test('a syntax error has file, line, column and frame, in characters and not in bytes', async () => {
  const problems = await errorProblems({
    'backend/index.ts': 'import "./lib/a.js"\n',
    'backend/lib/a.js': '\n  const ü = "日本"; const b = @;\n',
  })
  assert.deepEqual(problems, [
    {
      code: 'SYNTAX_ERROR',
      message: 'Expected identifier but found ";"',
      file: 'backend/lib/a.js',
      line: 2,
      column: 30,
      frame: '  1 |\n> 2 |   const ü = "日本"; const b = @;\n    |                              ^\n  3 |',
    },
  ])
})

test('several mistakes come at once, in the order of the files', async () => {
  const problems = await errorProblems({
    'backend/index.ts':
      'import "node:fs"\nimport "./b.js"\nimport { nothing } from "./c.js"\nexport { nothing }\n',
    'backend/b.js': 'let a = ;\n',
    'backend/c.js': 'import "left-pad"\nexport const some = 1\n',
  })
  assert.deepEqual(
    problems.map(({ code, file, line, column }) => `${code} ${file}:${line}:${column}`),
    [
      'SYNTAX_ERROR backend/b.js:1:9',
      'IMPORT_REFUSED backend/c.js:1:8',
      'IMPORT_REFUSED backend/index.ts:1:8',
    ],
  )
})

test('mistakes between modules are problems too', async () => {
  // In TypeScript the name may be one of a type, so it is looked for in JavaScript only.
  const [missing] = await errorProblems(
    {
      'backend/index.js': 'import { nothing } from "./c.js"\nexport { nothing }',
      'backend/c.js': 'export const some = 1',
    },
    'backend/index.js',
  )
  assert.deepEqual(
    [missing?.code, missing?.message, missing?.line, missing?.column],
    ['SYNTAX_ERROR', 'No matching export in "backend/c.js" for import "nothing"', 1, 10],
  )
  const [twice] = await errorProblems({ 'backend/index.ts': 'export default 1\nexport default 2' })
  assert.equal(twice?.hint, 'The name "default" was originally exported here: backend/index.ts:1:8')
  const [sloppy] = await errorProblems(
    { 'backend/index.js': 'module.exports = function () { with (this) {} }' },
    'backend/index.js',
  )
  assert.deepEqual([sloppy?.code, sloppy?.line, sloppy?.column], ['SYNTAX_ERROR', 1, 32])
})

test('files that are not UTF-8 are refused; a byte order mark and a hash-bang are not mistakes', async () => {
  const [problem] = await errorProblems({
    'backend/index.ts': 'import "./a.js"',
    'backend/a.js': Buffer.from('export {}', 'utf16le'),
  })
  assert.equal(problem?.code, 'SYNTAX_ERROR')
  const [latin] = await errorProblems({
    'backend/index.ts': 'import "./a.js"',
    'backend/a.js': Buffer.from([0x2f, 0x2f, 0xe9]),
  })
  assert.deepEqual(
    [latin?.code, latin?.message, latin?.file],
    ['SYNTAX_ERROR', 'The file is not UTF-8 text', 'backend/a.js'],
  )
  const linked = await link({
    'backend/index.ts':
      '\ufeff#!/usr/bin/env node\r\nexport const a = 1\r\n//# sourceMappingURL=evil.map\n//# sourceURL=evil.js',
  })
  assert.doesNotMatch(linked.code, /#!|evil/)
  assert.equal((await evaluate(linked)).a, 1)
})

test('code nested too deeply to be read is a problem of its file', async () => {
  const problems = await errorProblems({
    'backend/index.ts': 'import "./deep.js"',
    'backend/deep.js': `x = ${'['.repeat(2_000_000)}`,
  })
  assert.deepEqual(problems, [
    {
      code: 'SYNTAX_ERROR',
      message: 'The code is nested too deeply to be read',
      hint: 'Look for generated code with many thousand levels of brackets or operators',
      file: 'backend/deep.js',
    },
  ])
})

test('when code makes esbuild die, that is a problem, and the next link works', async () => {
  // In a process of its own: the dying esbuild writes a long trace to stderr.
  const script = `
    import { linkBackend, stopLinker } from ${JSON.stringify(import.meta.resolve('../../../../runtime/package/worker/link/link.ts'))}
    const link = (text) => linkBackend(new Map([['a.js', Buffer.from(text)]]), { entry: 'a.js', maxCodeBytes: 1e7 })
    const first = await link('x = ' + '!'.repeat(3_000_000) + '1')
    const second = await link('export default 5')
    await stopLinker()
    console.log(JSON.stringify([first.problems?.map((problem) => problem.message), second.ok]))`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script])
  assert.equal(stdout.trim(), '[["The code is nested too deeply to be read"],true]')
})
