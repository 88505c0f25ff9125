/** Names come from devices, which may claim anything: they are set as text. */
export function element(name, ...content) {
  const made = document.createElement(name)
  made.append(...content)
  return made
}
