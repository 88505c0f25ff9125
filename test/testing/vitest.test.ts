// plugbay/testing under vitest: the project of an author, with the package and vitest in its node_modules.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { ensureSamplePage } from '../../runtime/samples/sample-page.ts'
import { temporaryFolder } from '../support/runtime.ts'

const ROOT = join(import.meta.dirname, '../..')

const TESTS = `
import { expect, test } from 'vitest'
import { startPlugin } from 'plugbay/testing'

test('answers, and comes back after a crash', async () => {
  await using plugin = await startPlugin(new URL('..', import.meta.url))
  const answer = async () => (await plugin.fetch('/example-endpoint/')).status
  expect(await answer()).toBe(200)
  await plugin.crash()
  expect(await answer()).toBe(200)
})

test('fails where it has to', async () => {
  await expect(startPlugin(new URL('.', import.meta.url))).rejects.toThrow(/manifest/)
})
`

test('A8: tests of a plugin run under vitest', async (t) => {
  const folder = await temporaryFolder(t)
  await ensureSamplePage(join(ROOT, 'sample-plugins/example-plugin'))
  await cp(join(ROOT, 'sample-plugins/example-plugin'), folder, { recursive: true })
  await mkdir(join(folder, 'test'), { recursive: true })
  await mkdir(join(folder, 'node_modules'), { recursive: true })
  await writeFile(join(folder, 'test/example.test.ts'), TESTS)
  await symlink(ROOT, join(folder, 'node_modules/plugbay'), 'dir')
  await symlink(join(ROOT, 'node_modules/vitest'), join(folder, 'node_modules/vitest'), 'dir')
  const program = join(folder, 'node_modules/vitest/vitest.mjs')
  const { NODE_TEST_CONTEXT: _outer, ...env } = process.env
  const child = spawn(
    process.execPath,
    [program, 'run', '--testTimeout=60000', '--reporter=json', '--outputFile=report.json'],
    { cwd: folder, env },
  )
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (out += chunk))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk))
  const code = await new Promise((resolve) => child.on('close', resolve))
  assert.equal(code, 0, `${out}${err}${await readFile(join(folder, 'report.json'), 'utf8')}`)
  const { success, numPassedTests } = JSON.parse(await readFile(join(folder, 'report.json'), 'utf8'))
  assert.deepEqual([success, numPassedTests], [true, 2])
})
