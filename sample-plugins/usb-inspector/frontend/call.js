/** Asks the plugin's own backend. Rejects with a sentence that can be shown. */
export async function call(path, method = 'GET') {
  const response = await fetch(`api/${path}`, { method })
  const answer = await response.json().catch(() => ({}))
  if (!response.ok) throw new Error(answer.error ?? answer.title ?? `status ${response.status}`)
  return answer
}
