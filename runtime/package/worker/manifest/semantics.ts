// Semantic errors in a manifest that matches its schema: ranges, origins, duplicates, contradictions.

import semver from 'semver'
import { PLUGIN_API_VERSION } from '../../../../sdk/manifest/api-version.ts'
import type { Manifest } from '../../../../sdk/manifest/manifest.ts'
import { PERMISSIONS } from '../../../../sdk/permissions/permissions.ts'
import { rowOf } from '../../../../sdk/permissions/row.ts'
import { checkImages } from './check-images.ts'
import { checkTasks } from './check-tasks.ts'
import type { Finding, Path } from './manifest-finding.ts'
import { inWords, quoted } from './manifest-finding.ts'
import type { FormCheck } from './manifest-form.ts'
import { checkSecrets } from './secret-bindings.ts'

/** All findings about the fields alone, not about files. Fields with schema errors are skipped. */
export function checkMeaning(manifest: Partial<Manifest>, checkForm: FormCheck): Finding[] {
  const contributes = manifest.contributes
  return [
    ...checkVersion(manifest),
    ...checkEngine(manifest.engines?.plugbay),
    ...Object.entries(manifest.engines?.host ?? {}).flatMap(([id, range]) => checkHostRange(id, range)),
    ...checkReplaced(manifest),
    ...Object.entries(manifest.permissions ?? {}).flatMap(([name, value]) => checkPermission(name, value)),
    ...checkSecrets(manifest),
    ...(manifest.settings === undefined ? [] : checkForm(manifest.settings, ['settings'])),
    ...(contributes?.actions ?? []).flatMap((action, index) =>
      action.arguments === undefined
        ? []
        : checkForm(action.arguments, ['contributes', 'actions', index, 'arguments']),
    ),
    ...checkTasks(contributes?.tasks ?? [], checkForm),
    ...checkImages(manifest),
    ...checkTwins(
      (contributes?.actions ?? []).map((one) => one.id),
      ['contributes', 'actions'],
    ),
    ...checkTwins(
      (contributes?.tasks ?? []).map((one) => one.id),
      ['contributes', 'tasks'],
    ),
    ...checkItemNames(contributes?.menus ?? []),
    ...checkValues(manifest),
  ]
}

function checkVersion({ version }: Partial<Manifest>): Finding[] {
  if (version === undefined || semver.valid(version) !== null) return []
  return [
    wrong(['version'], '"version" has a number that is too large', 'Use a semantic version, such as "1.2.0"'),
  ]
}

function checkEngine(range: string | undefined): Finding[] {
  if (range === undefined) return []
  const path = ['engines', 'plugbay']
  if (semver.validRange(range) === null) {
    return [
      wrong(
        path,
        `"engines.plugbay" must be a range of versions, not ${quoted(range)}`,
        `Write "^${PLUGIN_API_VERSION}"`,
      ),
    ]
  }
  if (semver.satisfies(PLUGIN_API_VERSION, range)) return []
  return [
    {
      code: 'ENGINE_MISMATCH',
      path,
      message: `The plugin asks for version ${quoted(range)} of the plugin API, and this server has "${PLUGIN_API_VERSION}"`,
      hint: `Write "^${PLUGIN_API_VERSION}" if the plugin works with it, or use a release of the plugin made for it`,
    },
  ]
}

/** Whether it fits is up to the runtime: a package is checked without knowing its host. */
function checkHostRange(id: string, range: string): Finding[] {
  if (semver.validRange(range) !== null) return []
  const path = ['engines', 'host', id]
  return [wrong(path, `${inWords(path)} must be a range of versions, not ${quoted(range)}`, 'Write "^1.0.0"')]
}

function checkReplaced({ id, replaces = [] }: Partial<Manifest>): Finding[] {
  const self = id === undefined ? -1 : replaces.indexOf(id)
  return self < 0
    ? []
    : [wrong(['replaces', self], 'A plugin cannot replace itself', 'Name the ids of other plugins')]
}

function checkPermission(name: string, value: unknown): Finding[] {
  const mistakes = rowOf(name, PERMISSIONS)?.kind.mistakes?.(value) ?? []
  return mistakes.map(({ place, entry, is, hint }) => {
    const path = ['permissions', name, ...place]
    return wrong(path, `${inWords(path)} is ${is}: ${quoted(entry)}`, hint)
  })
}

function checkTwins(ids: readonly string[], path: Path): Finding[] {
  const seen = new Set<string>()
  return ids.flatMap((id, index) => {
    if (seen.has(id))
      return [
        wrong(
          [...path, index, 'id'],
          `${quoted(id)} is there twice in ${inWords(path)}`,
          'Give each an id of its own',
        ),
      ]
    seen.add(id)
    return []
  })
}

type MenuItems = NonNullable<NonNullable<Manifest['contributes']>['menus']>

/** What the operator sets for an item refers to its name. */
function checkItemNames(items: MenuItems): Finding[] {
  const seen = new Set<string>()
  return items.flatMap(({ menu, name }, index) => {
    if (name === undefined) return []
    const key = `${menu} ${name}`
    const path = ['contributes', 'menus', index, 'name']
    if (seen.has(key))
      return [
        wrong(
          path,
          `${quoted(name)} is there twice in the menu ${quoted(menu)}`,
          'Give each item a name of its own',
        ),
      ]
    seen.add(key)
    return []
  })
}

/** Names of values: one is either added or preset, and only such a one can be marked. */
function checkValues({
  values: { add = {}, defaults = {}, secrets = [] } = {},
}: Partial<Manifest>): Finding[] {
  return [
    ...Object.keys(defaults)
      .filter((key) => Object.hasOwn(add, key))
      .map((key) =>
        wrong(
          ['values', 'defaults', key],
          `${quoted(key)} is both in "values.add" and in "values.defaults"`,
          'Leave one of them out: what is added is kept, and a default can change with a release',
        ),
      ),
    ...secrets.flatMap((key, index) =>
      Object.hasOwn(add, key) || Object.hasOwn(defaults, key)
        ? []
        : [
            wrong(
              ['values', 'secrets', index],
              `${quoted(key)} is neither in "values.add" nor in "values.defaults"`,
              'Write the name as it is there, without the prefix of the plugin',
            ),
          ],
    ),
  ]
}

function wrong(path: Path, message: string, hint: string): Finding {
  return { code: 'MANIFEST_INVALID', path, message, hint }
}
