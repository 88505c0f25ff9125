// The grammar of names of container images, of the OCI distribution specification: [registry/]path[:tag][@digest].
// Invariant: linear time; nothing that begins with a hyphen, and nothing with a space, is one.

export interface ImageReference {
  /** With its port: "registry.example:5000"; "docker.io" without one. */
  readonly registry: string
  readonly path: string
  readonly tag: string | null
  readonly digest: string | null
}

const DEFAULT_REGISTRY = 'docker.io'
const MAX_NAME = 255
const DOMAIN =
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9A-Fa-f:]+\])(?::\d{1,5})?$/
const COMPONENT = /^[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*$/
const TAG = /^\w[\w.-]{0,127}$/
const DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[+._-][A-Za-z][A-Za-z0-9]*)*:[0-9A-Fa-f]{32,256}$/

/** Undefined for a text that names no image. */
export function parseReference(text: string): ImageReference | undefined {
  if (text.length > MAX_NAME + 400) return undefined
  const [named = '', digest, ...more] = text.split('@')
  if (more.length > 0 || (digest !== undefined && !DIGEST.test(digest))) return undefined
  const slash = named.lastIndexOf('/')
  const colon = named.indexOf(':', slash + 1)
  const name = colon === -1 ? named : named.slice(0, colon)
  const tag = colon === -1 ? null : named.slice(colon + 1)
  if (name.length > MAX_NAME || (tag !== null && !TAG.test(tag))) return undefined
  const components = name.split('/')
  const [first = ''] = components
  const hasRegistry = components.length > 1 && (/[.:A-Z[]/.test(first) || first === 'localhost')
  if (hasRegistry && !DOMAIN.test(first)) return undefined
  const path = hasRegistry ? components.slice(1) : components
  if (!path.every((component) => COMPONENT.test(component))) return undefined
  return {
    registry: hasRegistry ? first : DEFAULT_REGISTRY,
    path: path.join('/'),
    tag,
    digest: digest ?? null,
  }
}

/** Whether the tag of a manifest is known only when it has been rendered. */
export function isTagTemplate(tag: string): boolean {
  return /\{[{%#]/.test(tag)
}
