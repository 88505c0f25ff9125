// Names and descriptions of plugins in the language of a request.

import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import type { Runtime } from '../../../runtime/runtime.ts'
import type { Installation } from '../../../sdk/api/plugins.ts'
import { api, install, pluginZip, send, startTestRuntime } from '../../support/runtime.ts'
import { sharedScope } from '../../support/scope.ts'

const BACKUP = {
  id: 'backup',
  files: { 'frontend/index.html': '' },
  manifest: {
    name: { de: 'Sicherung', en: 'Backup', 'fr-FR': 'Sauvegarde' },
    description: { en: 'Copies files', ar: 'ينسخ الملفات' },
  },
}

const scope = sharedScope()
let runtime: Runtime
before(async () => {
  const host = {
    id: 'library',
    version: '1.0.0',
    languages: { available: ['fr', 'ar', 'en'], default: 'en' },
  } as const
  runtime = await startTestRuntime(scope, { host })
  await install(runtime, BACKUP)
})

async function ask(path: string, language?: string, init: RequestInit = {}): Promise<Installation> {
  const headers = language === undefined ? {} : { 'accept-language': language }
  const response = await api(runtime, path, { ...init, headers: { ...headers, ...init.headers } })
  assert.ok(response.ok, `${response.status} ${await response.clone().text()}`)
  return (await response.json()) as Installation
}

const wordsOf = ({ name, description }: Installation) => [name, description]

test('they are in the language that suits the request, and what is missing is in the default', async () => {
  assert.deepEqual(wordsOf(await ask('/plugins/backup')), ['Backup', 'Copies files'])
  assert.deepEqual(wordsOf(await ask('/plugins/backup', 'fr-CA, en;q=0.5')), ['Sauvegarde', 'Copies files'])
  assert.deepEqual(wordsOf(await ask('/plugins/backup', 'ar-EG')), ['Backup', 'ينسخ الملفات'])
  // The host does not speak German.
  assert.deepEqual(wordsOf(await ask('/plugins/backup', 'de')), ['Backup', 'Copies files'])
  assert.deepEqual(wordsOf(await ask('/plugins/backup', '*, a_b')), ['Backup', 'Copies files'])
})

test('the parameter counts before the header, also in a list', async () => {
  assert.deepEqual(wordsOf(await ask('/plugins/backup?language=fr', 'ar')), ['Sauvegarde', 'Copies files'])
  assert.deepEqual(wordsOf(await ask('/plugins/backup?language=not%20a%20tag', 'ar')), [
    'Backup',
    'Copies files',
  ])
  const response = await api(runtime, '/plugins?language=fr&limit=10')
  const { items } = (await response.json()) as { items: readonly Installation[] }
  assert.deepEqual(items.map(wordsOf), [['Sauvegarde', 'Copies files']])
})

test('answers to commands are in the same language', async () => {
  assert.deepEqual((await ask('/plugins/backup/disable', 'fr', { method: 'POST' })).name, 'Sauvegarde')
  assert.deepEqual((await ask('/plugins/backup/enable', 'fr', { method: 'POST' })).name, 'Sauvegarde')
  const again = { method: 'POST', headers: { 'content-type': 'application/zip' }, body: pluginZip(BACKUP) }
  assert.equal((await ask('/plugins', 'fr', again)).name, 'Sauvegarde')
  const granted = await send(runtime, 'PUT', '/plugins/backup/grants', {})
  assert.equal(((await granted.json()) as Installation).name, 'Backup')
})
