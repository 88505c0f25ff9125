import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { stopLinker } from '../../../../runtime/package/worker/link/link.ts'
import { errorProblems, plain, run, type Texts } from './linked.ts'

after(() => stopLinker())

const AT = 'backend/node_modules/lib'

/** What `import value from "<specifier>"` of a carried package "lib" gives. */
async function importOf(packageJson: unknown, files: Texts, specifier = 'lib'): Promise<unknown> {
  const carried = Object.fromEntries(Object.entries(files).map(([path, text]) => [`${AT}/${path}`, text]))
  const namespace = await run(
    {
      'backend/src/index.ts': `import value from "${specifier}"\nexport default value`,
      ...(packageJson === undefined ? {} : { [`${AT}/package.json`]: JSON.stringify(packageJson) }),
      ...carried,
    },
    'backend/src/index.ts',
  )
  return plain(namespace.default)
}

async function refusalOf(packageJson: string | undefined, files: Texts, specifier = 'lib'): Promise<string> {
  const carried = Object.fromEntries(Object.entries(files).map(([path, text]) => [`${AT}/${path}`, text]))
  const problems = await errorProblems({
    'backend/index.ts': `import "${specifier}"`,
    ...(packageJson === undefined ? {} : { [`${AT}/package.json`]: packageJson }),
    ...carried,
  })
  assert.deepEqual(
    problems.map(({ code, file, line, column }) => `${code} ${file}:${line}:${column}`),
    ['IMPORT_REFUSED backend/index.ts:1:8'],
    JSON.stringify(problems),
  )
  return `${problems[0]?.message} | ${problems[0]?.hint}`
}

const say = (text: string) => `export default ${JSON.stringify(text)}`

test('exports decide, by the conditions worker, workerd, browser, import, default', async () => {
  const files = { 'a.js': say('a'), 'b.js': say('b'), 'node.js': say('node') }
  assert.equal(await importOf({ exports: './a.js', main: './b.js' }, files), 'a')
  assert.equal(
    await importOf({ exports: { node: './node.js', workerd: './a.js', default: './b.js' } }, files),
    'a',
  )
  assert.equal(await importOf({ exports: { require: './b.js', browser: './a.js' } }, files), 'a')
  assert.equal(
    await importOf({ exports: { '.': { node: { import: './node.js' }, import: './a.js' } } }, files),
    'a',
  )
  assert.equal(await importOf({ exports: { './sub': './a.js' } }, files, 'lib/sub'), 'a')
  assert.equal(await importOf({ exports: { './*': './*.js' } }, files, 'lib/a'), 'a')
})

test('require() gets the condition "require"', async () => {
  const namespace = await run({
    'backend/index.ts': 'import both from "./both.cjs"\nexport default both',
    'backend/both.cjs': 'exports.value = require("lib").kind',
    [`${AT}/package.json`]: JSON.stringify({ exports: { import: './a.mjs', require: './a.cjs' } }),
    [`${AT}/a.mjs`]: 'export const kind = "import"',
    [`${AT}/a.cjs`]: 'exports.kind = "require"',
  })
  assert.deepEqual(plain(namespace.default), { value: 'require' })
})

test('without exports: browser, module, main, index; with extensions and folders as CommonJS finds them', async () => {
  assert.equal(
    await importOf({ module: 'm.mjs', main: 'c.js' }, { 'm.mjs': say('module'), 'c.js': say('main') }),
    'module',
  )
  assert.equal(
    await importOf({ browser: './b', module: 'm.mjs' }, { 'm.mjs': say('module'), 'b.js': say('browser') }),
    'browser',
  )
  assert.equal(
    await importOf(
      { main: 'lib' },
      { 'lib/index.js': 'module.exports = require("./part")', 'lib/part.js': 'module.exports = "folder"' },
    ),
    'folder',
  )
  assert.equal(await importOf(undefined, { 'index.js': say('index') }), 'index')
  assert.equal(await importOf({ main: 'gone.js' }, { 'index.js': say('index') }), 'index')
  assert.equal(await importOf({}, { 'deep/file.js': say('deep') }, 'lib/deep/file'), 'deep')
  assert.equal(
    await importOf({}, { 'deep/package.json': '{"main":"x.js"}', 'deep/x.js': say('inner') }, 'lib/deep'),
    'inner',
  )
})

test('the "browser" map replaces files and built-ins, or empties them', async () => {
  const browser = { './node.js': './web.js', fs: false, './gone.js': false, crypto: './crypto.js' }
  const files = {
    'index.js':
      'module.exports = [require("./node"), typeof require("fs"), Object.keys(require("./gone.js")).length, require("crypto")]',
    'node.js': 'module.exports = "node"',
    'web.js': 'module.exports = "web"',
    'gone.js': 'module.exports = { a: 1 }',
    'crypto.js': 'module.exports = "own crypto"',
  }
  assert.deepEqual(await importOf({ browser }, files), ['web', 'object', 0, 'own crypto'])
})

test('"imports" of a package name its own files', async () => {
  const files = {
    'index.js': 'import inner from "#inner"\nexport default inner',
    'web.js': say('web'),
    'node.js': say('node'),
  }
  assert.equal(
    await importOf(
      { exports: './index.js', imports: { '#inner': { node: './node.js', default: './web.js' } } },
      files,
    ),
    'web',
  )
  const namespace = await run({
    'backend/index.ts': 'import x from "#x"\nexport default x',
    'package.json': '{"imports":{"#x":"./shared/x.js"}}',
    'shared/x.js': say('own'),
  })
  assert.equal(namespace.default, 'own')
})

test('packages are looked for upwards from the importing file, the nearest wins', async () => {
  const namespace = await run({
    'backend/index.ts':
      'import { inner } from "outer"\nimport { version } from "dep"\nexport const all = [inner, version]',
    'backend/node_modules/outer/index.js': 'export { version as inner } from "dep"',
    'backend/node_modules/outer/node_modules/dep/index.js': 'export const version = 1',
    'node_modules/dep/index.js': 'export const version = 2',
  })
  assert.deepEqual(plain(namespace.all), [1, 2])
})

test('a carried package may have the name of a built-in module', async () => {
  const namespace = await run({
    'backend/index.ts': 'import value from "events/"\nexport default value',
    'backend/node_modules/events/index.js': say('polyfill'),
  })
  assert.equal(namespace.default, 'polyfill')
})

test('packages with scopes work', async () => {
  const namespace = await run({
    'backend/index.ts': 'import value from "@acme/lib/sub"\nexport default value',
    'backend/node_modules/@acme/lib/package.json': '{"name":"@acme/lib","exports":{"./sub":"./s.js"}}',
    'backend/node_modules/@acme/lib/s.js': say('scoped'),
  })
  assert.equal(namespace.default, 'scoped')
})

test('a package that is not whole or not as it says is refused', async () => {
  const name = '{"name":"lib",'
  assert.equal(
    await refusalOf(`${name}"exports":{"./other":"./a.js"}}`, { 'a.js': '' }),
    'The package "lib" does not offer this: Missing "." specifier in "lib" package | Import what the "exports" of the package name',
  )
  assert.equal(
    await refusalOf(`${name}"exports":"./dist/a.js"}`, { 'a.js': '' }),
    `The package "lib" names a file that is not in the zip: "./dist/a.js" | Carry the whole package in "${AT}"`,
  )
  assert.equal(
    await refusalOf(`${name}"main":"dist/a.js"}`, {}),
    `The package "lib" has no entry file in the zip | Carry the whole package in "${AT}"`,
  )
  assert.equal(
    await refusalOf(`${name}"main":"a.js"}`, { 'a.js': '' }, 'lib/b.js'),
    `The package "lib" has no file "./b.js" in the zip | Carry the whole package in "${AT}"`,
  )
  assert.equal(
    await refusalOf('{', { 'index.js': '' }),
    `"${AT}/package.json" is not a JSON object | Carry the package as its registry delivers it`,
  )
  assert.equal(
    await refusalOf('[]', { 'index.js': '' }),
    `"${AT}/package.json" is not a JSON object | Carry the package as its registry delivers it`,
  )
})

test('a hostile package.json reaches no file outside its package', async () => {
  const secret = { '../secret.js': say('secret'), '../../index.ts': '' }
  for (const json of [
    '{"exports":"../secret.js"}',
    '{"exports":"./../secret.js"}',
    '{"exports":{".":["../secret.js","/etc/passwd"]}}',
    '{"main":"../secret.js"}',
    '{"main":"/etc/passwd"}',
    '{"module":"../secret"}',
    '{"exports":{"./*":"./*"}}',
    `{"exports":${'{"default":'.repeat(20_000)}"./a.js"${'}'.repeat(20_000)}}`,
    '{"exports":5}',
    '{"exports":{"./a":{"b":null}}}',
    '{"main":{}}',
  ]) {
    assert.match(
      await refusalOf(json, { 'a.js': '', [`x/../${Object.keys(secret)[0]}`]: '' }),
      /^The package "/,
      json.slice(0, 60),
    )
  }
  const mapped = await run({
    'backend/index.ts': 'import value from "lib"\nexport default value',
    [`${AT}/package.json`]: '{"browser":{"./a.js":"../../../../secret.js","x":"../../../secret.js"}}',
    [`${AT}/index.js`]: 'export { default } from "./a.js"',
    [`${AT}/a.js`]: say('own'),
    'backend/secret.js': say('secret'),
  })
  assert.equal(mapped.default, 'own')
})
