// Code that takes esbuild hours, crashes it, or makes it say too much: it costs the package that brought it, for a time, and the
// next one is linked as ever. Class: a library whose work and memory have no limit of their own.

import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { DEFAULT_PACKAGE_LIMITS } from '../../../runtime/config/config.ts'
import { createLog } from '../../../runtime/log.ts'
import { openPackageProcess } from '../../../runtime/package/package-process.ts'
import { NO_JAIL } from '../../../runtime/processes/jail/jail.ts'
import { residentBytesOfTree } from '../../../runtime/processes/process-figures.ts'
import { descendantsOf, JAIL } from '../../support/jail.ts'
import { isRunning } from '../../support/killable.ts'
import { pluginFiles, temporaryFolder, until } from '../../support/runtime.ts'
import { zipOf } from '../../support/zip.ts'
import { record } from '../helpers/record.ts'

const PLACES = JAIL.kind === 'bwrap' ? [NO_JAIL, JAIL] : [NO_JAIL]
type Files = Readonly<Record<string, string>>

/** esbuild looks for the top-level await of each module in all that it exports, again and again. */
function chain(length: number): Files {
  const module = (n: number) =>
    n < length ? `export * from './${n + 1}.js'\nexport const a${n} = await 1` : 'export const end = 1'
  const modules = Array.from({ length }, (_, n) => [`backend/${n + 1}.js`, module(n + 1)])
  return { 'backend/index.js': `export * from './1.js'\nexport default {}`, ...Object.fromEntries(modules) }
}

const times = (count: number, text: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => text(n)).join('')

for (const jail of PLACES) {
  test(`a backend that takes esbuild hours is given up after 10 s, with jail ${jail.kind}`, async (t) => {
    const { check, pids } = await open(t, jail)
    const checking = check(chain(1500))
    await until('esbuild is at it', () => pids().length > 1)
    const busy = pids()
    const report = await checking
    assert.deepEqual(
      report.problems.map(({ code, message, file }) => ({ code, message, file })),
      [{ code: 'DEADLINE', message: 'Linking the backend takes longer than 10 s', file: 'backend/index.js' }],
    )
    await until('nothing of it goes on', () => !busy.some(isRunning))
    assert.deepEqual((await check({ 'backend/index.js': 'export default {}' })).problems, [])
    record({
      id: `L-hours-${jail.kind}`,
      area: 'linking',
      title: 'a graph that takes hours',
      culprit: 'DEADLINE after 10 s',
    })
  })

  test(`a backend that crashes esbuild does not keep the next from being linked, with jail ${jail.kind}`, async (t) => {
    const { check } = await open(t, jail)
    const report = await check({ 'backend/index.js': `export default ${'!'.repeat(3_000_000)}1` })
    assert.deepEqual(
      report.problems.map(({ message }) => message),
      ['The code is nested too deeply to be read'],
    )
    assert.deepEqual((await check({ 'backend/index.js': 'export default {}' })).problems, [])
  })
}

test('messages about long lines do not fill the memory', async (t) => {
  const { check, pids } = await open(t, NO_JAIL)
  let most = 0
  const watch = setInterval(() => {
    most = Math.max(most, ...pids().slice(0, 1).map(residentBytesOfTree))
  }, 20)
  t.after(() => clearInterval(watch))

  const warned = await check({
    'backend/index.js': `let x; ${times(20_000, () => 'x==NaN;')}export default {}`,
  })
  assert.deepEqual(warned.problems, [])
  const refused = await check({
    'backend/index.js': `${times(20_000, (n) => `import('./${n}.js');`)}export default {}`,
  })
  assert.equal(refused.problems.length, 100)
  const computed = await check({
    'backend/index.js': `let x; ${times(20_000, () => 'require(x);')}export default {}`,
  })
  assert.match(computed.problems[0]?.message ?? '', /^One line of the file holds too many/)
  assert.ok(most < 600e6, `${most} bytes`)

  // esbuild itself counts names that are missing, each with its line of half a megabyte: no option of it ends that.
  const names = times(40_000, (n) => `name${n},`)
  await assert.rejects(
    check({
      'backend/index.js': `import { ${names} } from './other.js'; export default [${names}]`,
      'backend/other.js': 'export const name = 1',
    }),
    { code: 'PROCESS_CRASHED', message: /needs too much memory/ },
  )
  assert.ok(most < 3000e6, `${most} bytes`)
  assert.deepEqual((await check({ 'backend/index.js': 'export default {}' })).problems, [])
  record({
    id: 'L-messages',
    area: 'linking',
    title: 'messages of a megabyte each',
    culprit: `at most ${Math.round(most / 1e6)} MB`,
  })
})

async function open(t: TestContext, jail: typeof JAIL) {
  const staging = await temporaryFolder(t)
  const packages = openPackageProcess({
    staging,
    limits: DEFAULT_PACKAGE_LIMITS,
    jail,
    log: createLog('silent'),
  })
  t.after(() => packages.close())
  let count = 0
  const check = async (files: Files) => {
    const path = join(staging, `${count++}.zip`)
    await writeFile(path, zipOf(pluginFiles({ id: 'costly', files }), { layout: 'stored' }))
    return await packages.check({ kind: 'zip', path })
  }
  const pids = () => (packages.pid === undefined ? [] : [packages.pid, ...descendantsOf(packages.pid)])
  return { check, pids }
}
