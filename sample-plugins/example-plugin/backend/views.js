export function exampleView() {
  return Response.json({ yay: 'it worked' })
}
