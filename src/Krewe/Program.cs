using Krewe.Cli;

return CommandLineApp.Run(args);
