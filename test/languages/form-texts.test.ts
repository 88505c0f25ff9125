// Titles and descriptions of settings and of arguments: one string or one per language, shown in the language of the reader.

import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { defineHost, type Runtime } from '../../runtime/index.ts'
import type { InspectAnswer } from '../../sdk/api/packages.ts'
import type { HostSettings, Settings } from '../../sdk/api/settings.ts'
import type { FormProperty } from '../../sdk/manifest/form-schema.ts'
import { api, install, pluginZip, send, startTestRuntime } from '../support/runtime.ts'
import { sharedScope } from '../support/scope.ts'

const FOLDER = { en: 'Folder', fr: 'Dossier', ar: 'مجلد' }
const host = defineHost({
  id: 'library',
  version: '2.3.0',
  languages: { available: ['en', 'fr', 'ar'], default: 'en' },
  settings: {
    type: 'object',
    properties: { pageSize: { type: 'integer', default: 20, title: { en: 'Books', fr: 'Livres' } } },
  },
})
const field = {
  type: 'array',
  title: FOLDER,
  description: { fr: 'Où sont les livres' },
  items: { type: 'string', title: { en: 'One of them', fr: 'L’un d’eux' } },
  default: ['a'],
} as const

const scope = sharedScope()
let runtime: Runtime<typeof host>
before(async () => {
  runtime = await startTestRuntime(scope, { host })
  await install(runtime, {
    id: 'keeper',
    backend: 'export default { fetch() {}, actions: { keep: { run: () => "kept" } } }',
    manifest: {
      settings: {
        type: 'object',
        properties: { folder: field, plain: { type: 'string', title: 'As it is' } },
      },
      contributes: {
        actions: [
          {
            id: 'keep',
            title: { en: 'Keep', fr: 'Garder' },
            arguments: { type: 'object', title: FOLDER, properties: { folder: field } },
          },
        ],
      },
    },
  })
})

const textsOf = (property: FormProperty | undefined) => [
  property?.title,
  property?.description,
  property?.items?.title,
]
const settingsOf = async (path: string, headers: Record<string, string> = {}) =>
  (await (await api(runtime, path, { headers })).json()) as Settings
const folderIn = async (query: string, headers: Record<string, string> = {}) =>
  textsOf((await settingsOf(`/plugins/keeper/settings${query}`, headers)).folder?.schema as FormProperty)

test('settings have their texts in the language that is asked for, or in what stands in for it', async () => {
  assert.deepEqual(await folderIn('?language=fr'), ['Dossier', 'Où sont les livres', 'L’un d’eux'])
  assert.deepEqual(await folderIn('', { 'accept-language': 'ar-EG' }), [
    'مجلد',
    'Où sont les livres',
    'One of them',
  ])
  assert.deepEqual(await folderIn(''), ['Folder', 'Où sont les livres', 'One of them'])
  const plain = (await settingsOf('/plugins/keeper/settings?language=fr')).plain?.schema as FormProperty
  assert.equal(plain.title, 'As it is')
  const changed = await send(runtime, 'PATCH', '/plugins/keeper/settings?language=fr', { folder: ['b'] })
  const { folder } = (await changed.json()) as Settings
  assert.deepEqual([folder?.value, textsOf(folder?.schema as FormProperty)[0]], [['b'], 'Dossier'])
})

test('so have those of the application', async () => {
  const response = await api(runtime, '/host/settings', { headers: { 'accept-language': 'fr' } })
  const { settings } = (await response.json()) as HostSettings
  const { schema } = settings.pageSize ?? assert.fail('the setting is not there')
  assert.equal((schema as FormProperty).title, 'Livres')
  const values = await send(runtime, 'PATCH', '/host/settings', { pageSize: 'many' })
  assert.equal(values.status, 422, 'the texts do not disturb the check')
})

test('the form of an action has them, too', async () => {
  const [action] = await runtime.actions.list({ user: null, language: 'fr' })
  assert.equal(action?.title, 'Garder')
  assert.equal(action?.arguments.title, 'Dossier')
  assert.deepEqual(textsOf(action?.arguments.properties?.folder), [
    'Dossier',
    'Où sont les livres',
    'L’un d’eux',
  ])
})

test('a text without a language, or of something that is none, is refused with its place', async () => {
  for (const title of [{}, { 'not a tag': 'a' }, { en: '' }, 5]) {
    const settings = { type: 'object', properties: { folder: { type: 'string', title } } }
    const response = await api(runtime, '/packages/inspect', {
      method: 'POST',
      headers: { 'content-type': 'application/zip' },
      body: pluginZip({ id: 'wrong', backend: 'export default { fetch() {} }', manifest: { settings } }),
    })
    const { ok, problems } = (await response.json()) as InspectAnswer
    assert.equal(ok, false)
    assert.match(problems[0]?.pointer ?? '', /^\/settings\/properties\/folder\/title/)
  }
})
