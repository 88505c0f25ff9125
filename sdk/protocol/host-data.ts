// The name of the first entry of a snapshot of a host's data, which says what the others are.

export const MANIFEST_NAME = 'plugbay-snapshot.json'
