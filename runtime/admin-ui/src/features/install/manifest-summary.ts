// The few lines of a manifest that a reviewer wants to see. Invariant: a refused manifest may have any shape, so everything is
// checked before it is shown.

export interface ManifestSummary {
  readonly id: string | null
  readonly name: string | null
  readonly version: string | null
  readonly description: string | null
  readonly author: string | null
  readonly license: string | null
  readonly homepage: string | null
  /** Settings of others that it changes: "guestbook (title, perPage)". */
  readonly changes: readonly string[]
}

export function summarise(manifest: unknown): ManifestSummary {
  const fields = isRecord(manifest) ? manifest : {}
  return {
    id: text(fields.id),
    name: localised(fields.name) ?? text(fields.id),
    version: text(fields.version),
    description: localised(fields.description),
    author: text(fields.author),
    license: text(fields.license),
    homepage: webAddress(text(fields.homepage)),
    changes: [fields.settingDefaults, fields.settingAppends].flatMap(changesOf),
  }
}

/** One string, or one per language: the browser's language, English, or the first one. */
function localised(value: unknown): string | null {
  if (!isRecord(value)) return text(value)
  const wanted = [navigator.language, navigator.language.split('-')[0] ?? 'en', 'en', ...Object.keys(value)]
  for (const language of wanted) {
    const found = Object.hasOwn(value, language) ? text(value[language]) : null
    if (found !== null) return found
  }
  return null
}

function changesOf(value: unknown): readonly string[] {
  if (!isRecord(value)) return []
  return Object.entries(value).flatMap(([id, settings]) =>
    isRecord(settings) ? [`${id} (${Object.keys(settings).join(', ')})`] : [],
  )
}

/** Only http and https: a link from a package may be anything, even "javascript:". */
function webAddress(value: string | null): string | null {
  return value !== null && /^https?:\/\//i.test(value) && URL.canParse(value) ? value : null
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value : null
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
