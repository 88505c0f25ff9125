// What was opened: a record for each book by day, and one for all readers.

export async function count(env, key, name, title) {
  const { counts } = await read(env, key)
  await env.kv.put(key, JSON.stringify({ title, counts: { ...counts, [name]: (counts[name] ?? 0) + 1 } }))
}

export async function read(env, key) {
  return (await env.kv.get(key, 'json')) ?? { counts: {} }
}

export function sumOf(counts) {
  return Object.values(counts).reduce((sum, each) => sum + each, 0)
}
