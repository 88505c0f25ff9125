// What is wrong with settings.toml, and with variables and flags of settings, apart from the values of one plugin: text that cannot be
// read, and sections, variables and flags that nothing installed has.

import { didYouMean } from '../../../sdk/text/did-you-mean.ts'
import type { Problem } from '../../errors.ts'
import { fileProblem, SETTINGS_FILE } from '../../settings/sections.ts'
import { refuseSecretFlags, type SettingFlags, settingFlag } from '../../settings/setting-flags.ts'
import { VARIABLE_PREFIX, variableOf } from '../../settings/variables.ts'
import { shownRelease } from '../releases.ts'
import type { LifecycleServices } from '../services.ts'

const UNKNOWN_SHOWN = 20
const NAME_SHOWN = 130

type Services = Pick<
  LifecycleServices,
  'environment' | 'hostSettings' | 'points' | 'settingFlags' | 'settingsFile' | 'store'
>

export async function settingsProblems(services: Services): Promise<readonly Problem[]> {
  const { environment, hostSettings, points, settingFlags, settingsFile, store } = services
  const { host } = points
  const always = [
    ...settingsFile.problems,
    ...hostSettings.problems,
    ...unknownFlags(settingFlags, await declaredSettings(services)),
  ]
  const variables = Object.keys(environment).filter((name) => name.startsWith(VARIABLE_PREFIX))
  if (variables.length === 0 && settingsFile.ids.length === 0) return always
  const records = await store.catalog.list()
  const ids = [host.id, ...records.map(({ id }) => id)]
  const known =
    variables.length === 0
      ? []
      : [
          ...Object.keys(host.settings?.properties ?? {}).map((key) => variableOf(host.id, key)),
          ...(await Promise.all(records.map(variablesOf(store)))).flat(),
        ]
  return [
    ...always,
    ...settingsFile.ids
      .filter((id) => !ids.includes(id))
      .slice(0, UNKNOWN_SHOWN)
      .map((id) => unknownSection(id.slice(0, NAME_SHOWN), ids)),
    ...variables
      .filter((name) => !known.includes(name))
      .slice(0, UNKNOWN_SHOWN)
      .map((name) => unknownVariable(name.slice(0, NAME_SHOWN), known)),
  ]
}

/** Rejects with SETTINGS_INVALID when the command line of the server has a secret of an installed plugin. */
export async function refuseSecretsOnCommandLine(
  services: Pick<LifecycleServices, 'settingFlags' | 'store'>,
): Promise<void> {
  refuseSecretFlags(services.settingFlags, await declaredSettings(services))
}

/** Of plugins that the command line names. */
async function declaredSettings({
  settingFlags,
  store: { catalog },
}: Pick<LifecycleServices, 'settingFlags' | 'store'>) {
  const ids = Object.keys(settingFlags)
  const records = ids.length === 0 ? [] : (await catalog.list()).filter(({ id }) => ids.includes(id))
  return await Promise.all(
    records.map(async (record) => {
      const manifest = shownRelease(record, await catalog.releases(record.id))?.manifest
      return { pluginId: record.id, properties: manifest?.settings?.properties ?? {} }
    }),
  )
}

function unknownFlags(
  flags: SettingFlags,
  declared: Awaited<ReturnType<typeof declaredSettings>>,
): readonly Problem[] {
  const known = declared.flatMap(({ pluginId, properties }) =>
    Object.keys(properties).map((key) => settingFlag(pluginId, key)),
  )
  return Object.entries(flags)
    .flatMap(([id, values]) => Object.keys(values).map((key) => settingFlag(id, key)))
    .filter((flag) => !known.includes(flag))
    .slice(0, UNKNOWN_SHOWN)
    .map((flag) => {
      const near = didYouMean(flag, known)
      return {
        code: 'SETTINGS_INVALID',
        message: `The flag ${flag} is of no setting of an installed plugin`,
        hint: near === undefined ? '"plugbay settings list" shows them all' : `Did you mean ${near}?`,
      }
    })
}

function variablesOf({ catalog }: Services['store']) {
  return async (record: Parameters<typeof shownRelease>[0] & { readonly id: string }) => {
    const manifest = shownRelease(record, await catalog.releases(record.id))?.manifest
    return Object.keys(manifest?.settings?.properties ?? {}).map((key) => variableOf(record.id, key))
  }
}

function unknownSection(id: string, ids: readonly string[]): Problem {
  const near = didYouMean(id, ids)
  return fileProblem(
    `Section [${id}] of ${SETTINGS_FILE} names no installed plugin`,
    near === undefined ? 'Correct the name, or install the plugin' : `Did you mean [${near}]?`,
  )
}

function unknownVariable(name: string, known: readonly string[]): Problem {
  const near = didYouMean(name, known)
  return {
    code: 'SETTINGS_INVALID',
    message: `The variable ${name} is of no setting of an installed plugin`,
    hint: near === undefined ? '"plugbay settings env" lists them all' : `Did you mean ${near}?`,
  }
}
