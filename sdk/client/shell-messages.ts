// What a page of a plugin and the shell around it say to each other, over one port that the page hands to the shell.
// Invariant: both sides read what comes with the functions below, so neither acts on anything of another form.

/** The name under which the script of a framed page keeps its connection, for plugbay/client. */
export const SHELL_KEY: symbol = Symbol.for('plugbay.shell')

/**
 * What the server's page for visitors who are not signed in says to a window around it: a sandboxed page that loads itself again brings no
 * cookie, so the shell has to load it.
 */
export const SIGNED_OUT = { plugbay: 'signed-out', version: 1 } as const

/** The only message of a page that goes from window to window; a port comes with it. */
export interface Hello {
  readonly plugbay: 'page'
  readonly version: 1
  /** The page token of a sandboxed page, which has no origin that could tell whose it is; else null. */
  readonly token: string | null
}

/** What the shell tells a page of itself. */
export interface ShellFacts {
  readonly scheme: 'light' | 'dark'
  /** Of the shell: a BCP 47 tag. */
  readonly language: string
  readonly dir: 'ltr' | 'rtl'
  /** Name of the signed-in user; null for a stranger. */
  readonly user: string | null
}

/** Pages of the shell that a page may lead to. `plugin` and `settings` are those of the plugin itself. */
export const SHELL_PAGES = ['overview', 'plugin', 'settings', 'tasks', 'actions'] as const
export type ShellPage = (typeof SHELL_PAGES)[number]

export const NOTICE_KINDS = ['info', 'success', 'warning', 'error'] as const
export type NoticeKind = (typeof NOTICE_KINDS)[number]

/** What a page may ask, and gets an answer to. */
export type Question =
  | { readonly ask: 'token' }
  | { readonly ask: 'notify'; readonly text: string; readonly kind: NoticeKind }
  | {
      readonly ask: 'confirm'
      readonly text: string
      readonly label: string | null
      readonly danger: boolean
    }
  | { readonly ask: 'navigate'; readonly to: ShellPage }
  | { readonly ask: 'storage.get'; readonly key: string }
  | { readonly ask: 'storage.set'; readonly key: string; readonly value: string }
  | { readonly ask: 'storage.remove'; readonly key: string }
  | { readonly ask: 'storage.keys' }

export type PageMessage =
  /** Where the page is: after the mount, with query and fragment. `push`: it is a step of its own for "back". */
  | { readonly type: 'at'; readonly path: string; readonly title: string; readonly push: boolean }
  /** Load this page of the plugin. */
  | { readonly type: 'open'; readonly path: string; readonly replace: boolean }
  /** "Back" and "forward" of the page. */
  | { readonly type: 'step'; readonly by: number }
  | { readonly type: 'size'; readonly height: number }
  | { readonly type: 'ask'; readonly id: number; readonly question: Question }

export type ShellMessage =
  | { readonly type: 'facts'; readonly facts: ShellFacts }
  /** Show this path: the reader went back or forward. */
  | { readonly type: 'go'; readonly path: string }
  /** A value of the page's storage was changed, by this page or another one. */
  | { readonly type: 'stored'; readonly key: string }
  | { readonly type: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly type: 'refusal'; readonly id: number; readonly reason: string }

export const MAX_PATH = 2000
export const MAX_TITLE = 200
export const MAX_TEXT = 500
export const MAX_LABEL = 40
/** Characters of a key of the storage. */
export const MAX_KEY = 200
/** Characters of all keys and values of a plugin and a user, as JSON. */
export const MAX_STORED = 65_536

type Fields = Readonly<Record<string, unknown>>

export function parseHello(data: unknown): Hello | undefined {
  const { plugbay, version, token } = fieldsOf(data)
  if (plugbay !== 'page' || version !== 1) return undefined
  return token === null || isText(token, 8192) ? { plugbay, version, token } : undefined
}

export function isSignedOut(data: unknown): boolean {
  const { plugbay, version } = fieldsOf(data)
  return plugbay === SIGNED_OUT.plugbay && version === SIGNED_OUT.version
}

export function parsePageMessage(data: unknown): PageMessage | undefined {
  const fields = fieldsOf(data)
  const { type, path, title, push, replace, by, height, id } = fields
  if (type === 'at' && isPath(path) && typeof title === 'string' && typeof push === 'boolean')
    return { type, path, title: title.slice(0, MAX_TITLE), push }
  if (type === 'open' && isPath(path) && typeof replace === 'boolean') return { type, path, replace }
  if (type === 'step' && isCount(by) && by !== 0 && Math.abs(by) <= 50) return { type, by }
  if (type === 'size' && typeof height === 'number' && height >= 0 && Number.isFinite(height))
    return { type, height }
  if (type !== 'ask' || !isCount(id)) return undefined
  const question = parseQuestion(fieldsOf(fields.question))
  return question && { type, id, question }
}

export function parseShellMessage(data: unknown): ShellMessage | undefined {
  const { type, path, facts, id, value, reason, key } = fieldsOf(data)
  if (type === 'go' && isPath(path)) return { type, path }
  if (type === 'stored' && isText(key, MAX_KEY)) return { type, key }
  if (type === 'answer' && isCount(id)) return { type, id, value }
  if (type === 'refusal' && isCount(id) && isText(reason, MAX_TEXT)) return { type, id, reason }
  if (type !== 'facts') return undefined
  const { scheme, language, dir, user } = fieldsOf(facts)
  if (!isOneOf(scheme, ['light', 'dark']) || !isOneOf(dir, ['ltr', 'rtl']) || !isText(language, 100))
    return undefined
  return user === null || isText(user, 1000) ? { type, facts: { scheme, language, dir, user } } : undefined
}

/** Whether it is a path below the plugin, and stays there when a browser resolves it. */
export function isPath(value: unknown): value is string {
  if (!isText(value, MAX_PATH) || !value.startsWith('/') || /[\\\s]/.test(value)) return false
  // Dot segments lead out of the plugin, "//" to another server.
  const [path = ''] = value.split(/[?#]/, 1)
  return !/\/\/|\/(?:\.|%2e){1,2}(?:\/|$)/i.test(path)
}

function parseQuestion({ ask, text, kind, label, danger, to, key, value }: Fields): Question | undefined {
  if (ask === 'token' || ask === 'storage.keys') return { ask }
  if (ask === 'notify' && isText(text, MAX_TEXT) && isOneOf(kind, NOTICE_KINDS)) return { ask, text, kind }
  if (ask === 'confirm' && isText(text, MAX_TEXT) && typeof danger === 'boolean')
    return label === null || isText(label, MAX_LABEL) ? { ask, text, label, danger } : undefined
  if (ask === 'navigate' && isOneOf(to, SHELL_PAGES)) return { ask, to }
  if (!isText(key, MAX_KEY)) return undefined
  if (ask === 'storage.get' || ask === 'storage.remove') return { ask, key }
  if (ask === 'storage.set' && isText(value, MAX_STORED)) return { ask, key, value }
  return undefined
}

function fieldsOf(data: unknown): Fields {
  return typeof data === 'object' && data !== null ? (data as Fields) : {}
}

function isText(value: unknown, longest: number): value is string {
  return typeof value === 'string' && value.length <= longest
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value)
}

function isOneOf<Value extends string>(value: unknown, values: readonly Value[]): value is Value {
  return typeof value === 'string' && (values as readonly string[]).includes(value)
}
