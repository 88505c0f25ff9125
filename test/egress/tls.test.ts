// https: the certificate must be for the name that was asked for, and signed by an authority that is known.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openWay, textOf } from './servers.ts'

async function makeCertificate(t: TestContext): Promise<{ readonly key: string; readonly cert: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'plugbay-tls-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
  const names = ['-subj', '/CN=allowed.test', '-addext', 'subjectAltName=DNS:allowed.test']
  const args = ['req', '-x509', ...curve, '-nodes', '-days', '2', ...names, '-keyout', key, '-out', cert]
  execFileSync('openssl', args, { stdio: 'ignore' })
  return { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') }
}

test('the name and the authority of a certificate count', async (t) => {
  const { key, cert } = await makeCertificate(t)
  let hits = 0
  const names: (string | false | undefined)[] = []
  const server = createServer({ key, cert }, (request, response) => {
    hits++
    names.push((request.socket as { servername?: string | false }).servername)
    response.end(request.headers.host)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const options = { mayReach: () => true, resolve: async () => [{ address: '127.0.0.1', family: 4 }] }
  const trusting = openWay(t, { ...options, ca: cert })
  assert.equal(await textOf(await trusting.ask(`https://allowed.test:${port}/`)), `allowed.test:${port}`)
  assert.deepEqual(names, ['allowed.test'])
  for (const [way, url, reason] of [
    [trusting, `https://other.test:${port}/`, /its certificate is for another name/],
    [trusting, `https://127.0.0.1:${port}/`, /its certificate is for another name/],
    [openWay(t, options), `https://allowed.test:${port}/`, /its certificate is signed by itself/],
  ] as const) {
    await assert.rejects(way.ask(url), { code: 'FETCH_FAILED', message: reason })
  }
  assert.equal(hits, 1)
})
