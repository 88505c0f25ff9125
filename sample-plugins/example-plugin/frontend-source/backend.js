/** Asks the plugin's own backend. The address is relative: wherever the page is served, the API is below it. */
export async function askBackend() {
  const response = await fetch('api/example-endpoint/')
  if (!response.ok) throw new Error(`status ${response.status}`)
  return response.json()
}
