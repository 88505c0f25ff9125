// The forms of names in a manifest, each with the words that explain it to an author.
// Invariant: every pattern runs in linear time, because it is matched against hostile strings.

interface Form {
  readonly pattern: string
  /** Completes "must be …". */
  readonly meaning: string
}

const SEGMENT = '(?!\\.{1,2}(?:/|$))[^/\\\\\\u0000-\\u001f\\u007f]+'
const SEMVER_PART = '(?:0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)'

export const FORMS = {
  id: {
    pattern: '^(?!xn--)[a-z][a-z0-9-]{0,61}[a-z0-9]$',
    meaning:
      '2 to 63 lower-case letters, digits and hyphens, beginning with a letter and not ending with a hyphen',
  },
  version: {
    pattern: `^(?:0|[1-9]\\d*)\\.(?:0|[1-9]\\d*)\\.(?:0|[1-9]\\d*)(?:-${SEMVER_PART}(?:\\.${SEMVER_PART})*)?(?:\\+[0-9a-zA-Z-]+(?:\\.[0-9a-zA-Z-]+)*)?$`,
    meaning: 'a semantic version, such as "1.2.0"',
  },
  language: {
    pattern: '^[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}$',
    meaning: 'a language tag, such as "en" or "pt-BR"',
  },
  path: {
    pattern: `^${SEGMENT}(?:/${SEGMENT})*$`,
    meaning:
      'a path inside the package, such as "frontend/icon.svg", without "./", "..", backslashes or a slash at the end',
  },
  pagePath: {
    pattern: '^(?!.*/(?:\\.|%2[eE]){1,2}(?:[/?#]|$))/(?!/)[^\\\\\\u0000-\\u0020\\u007f]*$',
    meaning:
      'a path on the pages of the plugin that begins with one slash, such as "/report", without ".." or spaces',
  },
  name: {
    pattern: '^[A-Za-z][A-Za-z0-9_-]*$',
    meaning: 'a name of letters, digits, hyphens and underscores that begins with a letter',
  },
  dottedName: {
    pattern: '^[A-Za-z][A-Za-z0-9_-]*(?:\\.[A-Za-z0-9_-]+)*$',
    meaning:
      'a name such as "backup.sources": letters, digits, hyphens and underscores, with dots between the parts',
  },
  eventPattern: {
    pattern: '^(?:\\*|[A-Za-z][A-Za-z0-9_-]*(?:\\.[A-Za-z0-9_-]+)*(?:\\.\\*)?)$',
    meaning: 'the name of an event, such as "content.changed", or of a group of them, such as "content.*"',
  },
  settingKey: {
    pattern: '^[A-Za-z][A-Za-z0-9_]*$',
    meaning: 'a name of letters, digits and underscores that begins with a letter, such as "apiKey"',
  },
  icon: {
    pattern: '^[A-Za-z][A-Za-z0-9_-]*(?: [A-Za-z][A-Za-z0-9_-]*){0,5}$',
    meaning: 'the name of an icon, such as "list", or classes of FontAwesome, such as "fas fa-list-ul"',
  },
  configKey: {
    pattern: '^[A-Za-z_][A-Za-z0-9_.-]*$',
    meaning: 'a name of letters, digits, dots, hyphens and underscores, such as "DOCKER_IMAGE"',
  },
  valueKey: {
    pattern: '^[A-Za-z][A-Za-z0-9_]*$',
    meaning: 'a name of letters, digits and underscores that begins with a letter, such as "DOCKER_IMAGE"',
  },
  origin: {
    pattern: '^https?://(?:[A-Za-z0-9.-]+|\\[[0-9A-Fa-f:.]+\\])(?::\\d{1,5})?$',
    meaning:
      'an origin, such as "https://api.example.org", without a path or a slash at the end; patterns are not taken, name each host',
  },
  webAddress: {
    pattern: '^https?://[^\\s/?#]',
    meaning: 'a web address, such as "https://example.org/"',
  },
  cron: {
    pattern: '^[0-9A-Za-z*,/?#-]+(?: [0-9A-Za-z*,/?#-]+){4,5}$',
    meaning: 'a cron expression of five fields, such as "0 3 * * *"',
  },
} as const satisfies Record<string, Form>

/** What a string with this pattern must be; undefined for a pattern that is not in FORMS. */
export function meaningOfPattern(pattern: string): string | undefined {
  return Object.values(FORMS).find((form) => form.pattern === pattern)?.meaning
}
