// The limit of a text for a place in templates, in manifests and from handlers.

/** Characters. */
export const MAX_PATCH = 100_000
