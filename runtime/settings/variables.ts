// The environment variable of each setting, and settings of several plugins that have the same variable.
// Invariant: who has a variable does not depend on what a plugin says of itself: it is the plugin that was installed first.

/** `apiKey` of `usb-backup` is PLUGBAY_SETTING_USB_BACKUP_API_KEY. */
export function variableOf(pluginId: string, key: string): string {
  return `${VARIABLE_PREFIX}${inCapitals(pluginId)}_${inCapitals(key)}`
}

export const VARIABLE_PREFIX = 'PLUGBAY_SETTING_'

function inCapitals(text: string): string {
  return text
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toUpperCase()
}

export interface VariableOwner {
  readonly pluginId: string
  /** ISO 8601: when the plugin was installed. */
  readonly createdAt: string
  readonly keys: readonly string[]
}

/** One variable that means several settings. */
export interface VariableClash {
  readonly variable: string
  /** The setting that has it, then the others. */
  readonly settings: readonly { readonly pluginId: string; readonly key: string }[]
}

/** Whether settings of the two plugins can have one variable: ids differ in capitals, so one must be the beginning of the other. */
export function mayClash(id: string, other: string): boolean {
  return id.startsWith(`${other}-`) || other.startsWith(`${id}-`) || id === other
}

/** The clashes that concern a plugin, among settings of itself and of `others`. */
export function variableClashes(
  own: VariableOwner,
  others: readonly VariableOwner[],
): readonly VariableClash[] {
  const variables = new Set(own.keys.map((key) => variableOf(own.pluginId, key)))
  const named = new Map<string, { pluginId: string; key: string }[]>()
  for (const { pluginId, keys } of [own, ...others].toSorted(byInstallation)) {
    for (const key of keys) {
      const variable = variableOf(pluginId, key)
      if (variables.has(variable)) named.set(variable, [...(named.get(variable) ?? []), { pluginId, key }])
    }
  }
  return [...named].flatMap(([variable, settings]) => (settings.length < 2 ? [] : [{ variable, settings }]))
}

function byInstallation(a: VariableOwner, b: VariableOwner): number {
  const [x, y] = [`${a.createdAt} ${a.pluginId}`, `${b.createdAt} ${b.pluginId}`]
  return x < y ? -1 : x > y ? 1 : 0
}
