// placeholder
export function docsPage(_openapi: Record<string, unknown>): string {
  return "<!doctype html><title>Ursa</title>";
}
