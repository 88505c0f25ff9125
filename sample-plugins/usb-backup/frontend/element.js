/** Names come from drives and servers, which may claim anything: they are set as text. */
export function element(name, properties = {}, ...content) {
  const made = Object.assign(document.createElement(name), properties)
  made.append(...content.filter((item) => item !== null))
  return made
}

export const $ = (id) => document.querySelector(`#${id}`)
