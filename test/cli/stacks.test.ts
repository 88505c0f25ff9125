// The program runs from one bundle, and the stacks of its errors name our sources.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { programUrl } from '../../runtime/bundles/program.ts'

const MAIN = new URL('../../runtime/cli/main.ts', import.meta.url).href

test('an error inside the bundle of the program has a stack of our sources', () => {
  const bundle = programUrl().href
  assert.match(bundle, /\/program-[0-9a-f]{16}\.mjs$/)
  const script = `
    const stacks = []
    process.stdout.write = () => stacks.push(new Error('here').stack)
    process.argv = [process.execPath, 'plugbay', '--version']
    await import(${JSON.stringify(MAIN)})
    process.stderr.write(stacks.join('\\n'))`
  const { stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
  })
  assert.equal(status, 0, stderr)
  assert.match(stderr, /^Error: here\n/)
  assert.match(stderr, /\(runtime\/cli\/io\.ts:\d+:\d+/)
  assert.doesNotMatch(stderr, /program-[0-9a-f]{16}\.mjs/)
})

test('the stack of a connection that a visitor has cut is not looked up', () => {
  const script = `
    const stacks = []
    process.stdout.write = () => {
      for (const code of ['EPIPE', 'ECONNRESET', 'EACCES']) stacks.push(Object.assign(new Error(code), { code }).stack)
    }
    process.argv = [process.execPath, 'plugbay', '--version']
    await import(${JSON.stringify(MAIN)})
    process.stderr.write(JSON.stringify(stacks))`
  const { stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
  })
  assert.equal(status, 0, stderr)
  const [pipe, reset, access] = JSON.parse(stderr) as [string, string, string]
  assert.match(pipe, /^Error: EPIPE\n[\s\S]*program-[0-9a-f]{16}\.mjs:\d+/)
  assert.match(reset, /^Error: ECONNRESET\n[\s\S]*program-[0-9a-f]{16}\.mjs:\d+/)
  assert.match(access, /^Error: EACCES\n[\s\S]*\(runtime\/cli\/io\.ts:\d+:\d+/)
  assert.doesNotMatch(access, /program-[0-9a-f]{16}\.mjs/)
})
