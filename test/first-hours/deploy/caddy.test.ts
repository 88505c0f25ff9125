// The examples of docs/deploy.md for Caddy, run: names and paths as they stand there, other ports and files.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { freePort } from '../../support/registry.ts'
import { until } from '../../support/runtime.ts'
import { adapt, example } from './document.ts'
import { checkAll, checkPluginDomain, selfMade, startProxied, visitor } from './proxied.ts'

const isMissing = spawnSync('caddy', ['version']).status !== 0
const skip = isMissing && process.env.CI !== 'true' ? 'not installed: caddy' : false

test('S9: Caddy passes on everything, at the root and below a path', {
  timeout: 180_000,
  skip,
}, async (t) => {
  const { folder, ca } = await selfMade(t)
  const ask = visitor(t, ca)
  const port = await freePort()
  const root = await startProxied(t, 'https://media.example.org', port)
  const below = await startProxied(t, 'https://www.example.org', port)
  await mkdir(join(folder, 'html'))
  const own = `tls ${folder}/cert.pem ${folder}/key.pem\n`
  const first = adapt(example('/etc/caddy/Caddyfile'), {
    'media.example.org,': `media.example.org:${port},`,
    '*.plugins.example.net {\n': `*.plugins.example.net:${port} {\n${own}`,
    '127.0.0.1:3000': `127.0.0.1:${root.upstream}`,
  })
  const second = adapt(example('/etc/caddy/Caddyfile, below a path'), {
    'www.example.org {\n': `www.example.org:${port} {\n${own}`,
    '127.0.0.1:3000': `127.0.0.1:${below.upstream}`,
    '/var/www/html': join(folder, 'html'),
  })
  const test =
    '{\nadmin off\nauto_https disable_redirects\ndefault_bind 127.0.0.1\nservers {\nprotocols h1 h2\n}\n}\n'
  await writeFile(join(folder, 'Caddyfile'), test + first + second)
  const child = spawn('caddy', ['run', '--config', join(folder, 'Caddyfile')], {
    stdio: 'ignore',
    env: { ...process.env, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder, HOME: folder },
  })
  t.after(async () => {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  })
  await until('Caddy listens', async () => (await ask(`${root.url}/healthz`).catch(() => undefined))?.ok)

  await checkAll(t, { server: root, ask, ca })
  await checkPluginDomain({ server: root, ask, ca })
  await checkAll(t, { server: below, ask, ca })
})
