/** The value under a name that anybody may have chosen: "constructor" is not the one that every object inherits. */
export function ownValue<T>(values: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}
