// Permissions are listed in one place. A second list would have to be kept equal by hand.

import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Node, parseSync, type TSSignature } from 'oxc-parser'
import { PERMISSIONS } from '../../../sdk/permissions/permissions.ts'

const ROOT = join(import.meta.dirname, '../../..')
const TABLE = 'sdk/permissions/permissions.ts'
const NAMES: ReadonlySet<string> = new Set(Object.keys(PERMISSIONS))

/** What holds permissions, when it is asked for one of them. */
const HOLDER = /^(?:grants|granted|permissions|asked)$/

/** Files that name several permissions, and why they may. */
const ALLOWED: Readonly<Record<string, string>> = {
  'plugin-store/open-store.ts': 'tables of the store, some of which have names like these',
  'plugin-store/store.ts': 'tables of the store, some of which have names like these',
  'runtime/admin-ui/src/api/deployment.ts': 'images are a part of a deployment',
  'runtime/admin-ui/src/components/icon-paths.ts': 'icons, which have names like these',
  'runtime/admin-ui/src/features/deployment/deployment-page.tsx': 'images are a tab of it',
  'runtime/admin-ui/src/features/devices/devices-page.tsx': 'volumes and USB devices of the machine',
  'runtime/admin-ui/src/features/server/process-table.tsx':
    'kinds of child processes, some of which have names like these',
  'runtime/bundles/children.ts': 'files and USB devices have processes of their own',
  'runtime/cli/try-package.ts': 'network and USB are parts of a runtime',
  'runtime/composition/extension-points.ts': 'host and events are parts of a runtime',
  'runtime/composition/http.ts': 'files, usb and volumes are parts of a runtime',
  'runtime/composition/plugins.ts': 'files, usb, volumes and tasks are families of host calls',
  'runtime/composition/processes.ts': 'usb, files and volumes have processes of their own',
  'runtime/composition/start.ts': 'tasks and events are started',
  'runtime/config/config.ts': 'sections of the configuration, some of which have names like these',
  'runtime/contributions/icon-classes.ts': 'icons, which have names like these',
  'runtime/devices/volumes/drive-commands.ts': 'volumes hold files',
  'runtime/devices/volumes/volumes.ts': 'volumes hold files',
  'runtime/events/device-events.ts': 'events and volumes are parts of a runtime',
  'runtime/events/events.ts': 'events of the host',
  'runtime/host-calls/fetch.ts': 'a request needs the origin, and each of its secrets for that origin',
  'runtime/host-calls/volumes.ts': 'volumes hold files',
  'runtime/http/api/services.ts': 'tasks and volumes are services of the API',
  'runtime/http/backend/guest-exchange.ts': 'credentials go to the plugin, a file comes from it',
  'runtime/http/http.ts': 'tasks and volumes are parts of a runtime',
  'runtime/http/metrics/metrics-snapshot.ts': 'kinds of child processes, some of which have names like these',
  'runtime/http/metrics/server-report.ts': 'kinds of child processes, some of which have names like these',
  'runtime/images/create-images.ts': 'images and tasks are parts of a runtime',
  'runtime/isolate/guest/env/absent-members.ts': 'the members of env: what to add for each to the manifest',
  'runtime/isolate/guest/env/env.ts': 'the members of env: each is made where it is granted',
  'runtime/isolate/guest/env/host-calls.ts': 'members of env that have calls of other names',
  'runtime/lifecycle/permission-uses.ts': 'host calls do not count runs of tasks, and events that arrive',
  'runtime/lifecycle/prepare/compare-exports.ts': 'handlers of tasks and of events',
  'runtime/package/worker/link/resolve-paths.ts': 'files of a package',
  'runtime/package/worker/manifest/inactive-features.ts': 'tasks and images are contributions, too',
  'runtime/package/worker/manifest/secret-bindings.ts':
    'a secret can only be for an origin that is asked for too',
  'runtime/package/worker/manifest/semantics.ts': 'tasks that are declared, and versions of the host',
  'runtime/recording/release-recorder.ts': 'tasks and events are used by handlers, fetch() by its address',
  'runtime/runtime-types.ts': 'host and events are parts of a runtime',
  'runtime/runtime.ts': 'host and events are parts of a runtime',
  'runtime/testing/test-plugin.ts': 'files and tasks are parts of a plugin in a test',
  'sdk/api/extension-points.ts': 'events of the host',
  'sdk/api/server.ts': 'kinds of child processes, some of which have names like these',
  'sdk/host/declaration-file.ts': 'hooks and events of a host, which are no permissions',
  'sdk/host/manifest-types.ts': 'parts of a manifest: tasks and hooks that it contributes',
  'sdk/manifest/contributions.ts': 'tasks and images are contributions, too',
  'sdk/permissions/asked.ts': 'a manifest may leave open which of its origins a secret is for',
  'sdk/permissions/row.ts': 'icons, which have names like these',
  'sdk/plugin-api/env.ts': 'the members of env: each has a type of its own',
  'sdk/plugin-api/plugin.ts': 'handlers of tasks and of events',
  'sdk/protocol/guest-calls.ts': 'handlers of tasks and of events',
  'sdk/protocol/host-calls.ts': 'every call names the permission that it needs',
}

test('the table is found by the rules that find lists', () => {
  assert.deepEqual(listedIn(readFileSync(join(ROOT, TABLE), 'utf8')), [...NAMES].sort())
  assert.deepEqual(listedIn("const FLAGS = ['kv', 'database'] as const"), ['database', 'kv'])
  assert.deepEqual(listedIn("type Flag = 'kv' | 'tasks'"), ['kv', 'tasks'])
  assert.deepEqual(listedIn('interface Permissions { kv?: true; volumes?: string }'), ['kv', 'volumes'])
  assert.deepEqual(listedIn("if (name === 'usb') a()\nelse if (name === 'volumes') b()"), ['usb', 'volumes'])
  assert.deepEqual(listedIn('const both = grants.kv && grants.usb'), ['kv', 'usb'])
  assert.deepEqual(listedIn("call({ host: 'localhost', port: 1 }, 'usb')"), [])
})

test('no other file lists permissions', () => {
  const files = globSync('{sdk,plugin-store,runtime}/**/*.{ts,tsx}', {
    cwd: ROOT,
    exclude: ['**/node_modules/**', '**/dist/**', 'runtime/cli/templates/**', TABLE],
  })
  assert.ok(files.length > 300)
  const found = files
    .map((path) => path.replaceAll('\\', '/'))
    .sort()
    .flatMap((path) => {
      const names = listedIn(readFileSync(join(ROOT, path), 'utf8'), path)
      return names.length === 0 ? [] : [path]
    })
  assert.deepEqual(found, Object.keys(ALLOWED).sort())
})

/** The permissions that a text lists: two or more as texts, as fields of one object or type, or as members of grants. */
function listedIn(text: string, path = 'some.ts'): readonly string[] {
  const texts: string[] = []
  const members: string[] = []
  const fields: string[][] = []
  for (const node of nodesOf(parseSync(path, text).program)) {
    if (node.type === 'Literal') texts.push(String(node.value))
    else if (node.type === 'MemberExpression' && HOLDER.test(nameOf(node.object)))
      members.push(nameOf(node.property))
    else if (node.type === 'ObjectExpression')
      fields.push(node.properties.map((one) => (one.type === 'Property' ? nameOf(one.key) : '')))
    else if (node.type === 'TSTypeLiteral') fields.push(node.members.map(keyOf))
    else if (node.type === 'TSInterfaceBody') fields.push(node.body.map(keyOf))
  }
  return [...new Set([texts, members, ...fields].flatMap(severalOf))].sort()
}

function* nodesOf(value: unknown): Generator<Node> {
  if (typeof value !== 'object' || value === null) return
  if (isNode(value)) yield value
  for (const member of Object.values(value)) yield* nodesOf(member)
}

function isNode(value: object): value is Node {
  return 'type' in value && typeof value.type === 'string'
}

/** The permissions among the words, when they are several. */
function severalOf(words: readonly string[]): readonly string[] {
  const known = [...new Set(words)].filter((word) => NAMES.has(word))
  return known.length > 1 ? known : []
}

function keyOf(member: TSSignature): string {
  return member.type === 'TSPropertySignature' ? nameOf(member.key) : ''
}

/** The last name of `a.b.c`, or the text of a literal key. */
function nameOf(node: Node): string {
  if (node.type === 'Identifier') return node.name
  if (node.type === 'MemberExpression') return nameOf(node.property)
  return node.type === 'Literal' ? String(node.value) : ''
}
