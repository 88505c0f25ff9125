// What README.md shows is what runs: its example of embedding, and the versions in its table.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'

const PROJECT = join(import.meta.dirname, '../..')

test('the example of embedding in README.md serves the admin page and its users below its base path', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'plugbay-readme-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  await writeFile(join(folder, 'server.ts'), await example('createApp'))
  await mkdir(join(folder, 'node_modules/@hono'), { recursive: true })
  await symlink(PROJECT, join(folder, 'node_modules/plugbay'))
  for (const name of ['hono', '@hono/node-server'])
    await symlink(join(PROJECT, 'node_modules', name), join(folder, 'node_modules', name))

  const server = spawn(process.execPath, ['server.ts'], {
    cwd: folder,
    env: { ...process.env, PORT: '0', ADAS_SECRET: 'countess' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(server, 'exit')
  t.after(() => server.kill('SIGKILL'))
  let adminPage: string | undefined
  for await (const line of createInterface({ input: server.stdout })) {
    if (line.startsWith('http://')) adminPage = line
    if (adminPage !== undefined) break
  }
  assert.ok(adminPage !== undefined, 'the example did not say its address')
  const tools = new URL('..', adminPage)

  assert.equal(await (await fetch(new URL('/', adminPage))).text(), 'My application')
  assert.equal((await fetch(adminPage)).status, 200)
  const plugins = new URL('api/v1/plugins', tools)
  assert.equal((await fetch(plugins)).status, 401)
  const asAda = await fetch(plugins, { headers: { 'x-secret': 'countess' } })
  assert.equal(asAda.status, 200)
  assert.deepEqual(await asAda.json(), { items: [], nextCursor: null })

  server.kill('SIGTERM')
  assert.deepEqual(await exited, [0, null])
})

test('the versions in README.md are those of package.json', async () => {
  const { dependencies, devDependencies } = JSON.parse(
    await readFile(join(PROJECT, 'package.json'), 'utf8'),
  ) as {
    readonly dependencies: Readonly<Record<string, string>>
    readonly devDependencies: Readonly<Record<string, string>>
  }
  const ranges = new Map(
    Object.entries({ ...devDependencies, ...dependencies }).map(([name, range]) => [
      (TITLES[name] ?? name).toLowerCase(),
      range.replace(/^\^/, ''),
    ]),
  )
  let compared = 0
  for (const [names, versions] of await versionRows()) {
    for (const [index, name] of names.entries()) {
      const range = ranges.get(name.toLowerCase())
      if (range === undefined) continue
      compared++
      assert.ok(range.startsWith(`${versions[index]}.`), `${name} ${versions[index]} is ${range}`)
    }
  }
  assert.ok(compared >= 15, `only ${compared} versions were found`)
})

/** Names in the table that are not those of the packages. */
const TITLES: Readonly<Record<string, string>> = {
  '@mantine/core': 'Mantine',
  '@tanstack/react-query': 'TanStack Query',
  '@biomejs/biome': 'Biome',
}

/** The first TypeScript block of README.md that holds the word. */
async function example(word: string): Promise<string> {
  const text = await readFile(join(PROJECT, 'README.md'), 'utf8')
  const blocks = [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, block = '']) => block)
  const found = blocks.find((block) => block.includes(word))
  assert.ok(found !== undefined, `README.md has no example with "${word}"`)
  return found
}

async function versionRows(): Promise<readonly (readonly [readonly string[], readonly string[]])[]> {
  const text = await readFile(join(PROJECT, 'README.md'), 'utf8')
  const [, section = ''] = text.split('\n## Versions\n')
  return (section.split('\n## ')[0] ?? '').split('\n').flatMap((line) => {
    const [, names, versions] = line.split('|').map((cell) => cell.trim())
    return names && versions ? [[names.split(', '), versions.split(', ')] as const] : []
  })
}
