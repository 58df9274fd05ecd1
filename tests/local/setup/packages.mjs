// Lets a script that lies in the source tree import the packages that are installed below target/local.
// Node looks for packages only above the script; NODE_PATH counts for require() alone.
import { registerHooks } from "node:module";
import { pathToFileURL } from "node:url";

const installed = pathToFileURL(`${process.env.NODE_PACKAGES}/`).href;
const isPackage = (specifier) => !/^(?:\.{0,2}\/|[a-z]+:|#)/i.test(specifier);

registerHooks({
  resolve(specifier, context, next) {
    const fromOutside = !context.parentURL?.startsWith(installed);
    return next(specifier, isPackage(specifier) && fromOutside ? { ...context, parentURL: installed } : context);
  },
});
