#include "tools/probe_target.h"

#include <algorithm>
#include <functional>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "exporter/config.h"
#include "exporter/settings.h"
#include "exporter/target_builder.h"
#include "probes/dialect.h"
#include "probes/providers.h"
#include "serving/suggestion.h"

namespace heyhi {
namespace {

using Names = std::vector<std::string>;

const Names& Checks() {
  static const auto& checks = *new Names(std::begin(kChecks), std::end(kChecks));
  return checks;
}

bool Contains(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void AddOnce(const std::string& name, Names* names) {
  if (!Contains(*names, name)) names->push_back(name);
}

// "a, b, c", and how many more there are.
std::string List(const Names& names) {
  constexpr std::size_t kShown = 12;
  if (names.size() <= kShown) return absl::StrJoin(names, ", ");
  return absl::StrCat(absl::StrJoin(names.begin(), names.begin() + kShown, ", "), " and ",
                      names.size() - kShown, " more");
}

// A name as it was typed, unless it is so long that it may be a key.
std::string Quoted(const std::string& name) {
  constexpr std::size_t kLongestName = 40;
  return name.size() > kLongestName ? "of that name" : absl::StrCat("\"", name, "\"");
}

// The parts of a target's name; the model and the check may be "".
struct NameParts {
  std::string provider;
  std::string model;
  std::string check;

  std::string Target() const { return model.empty() ? provider : provider + "/" + model; }
};

// `is_model` says whether what stands before a check is a model.
NameParts SplitName(const std::string& name,
                    const std::function<bool(const std::string&)>& is_model) {
  const auto slash = name.find('/');
  NameParts parts;
  parts.provider = name.substr(0, slash);
  if (slash == std::string::npos) return parts;
  parts.model = name.substr(slash + 1);
  const auto last = parts.model.rfind('/');
  const std::string head = last == std::string::npos ? "" : parts.model.substr(0, last);
  const std::string tail = parts.model.substr(last == std::string::npos ? 0 : last + 1);
  if (Contains(Checks(), tail) && (head.empty() || is_model(head))) {
    parts.model = head;
    parts.check = tail;
  }
  return parts;
}

absl::Status CheckRequest(const TargetRequest& request) {
  constexpr std::size_t kLongest = 300;
  const bool plain = std::all_of(request.name.begin(), request.name.end(),
                                 [](unsigned char c) { return absl::ascii_isgraph(c); });
  if (!plain || request.name.empty() || request.name.size() > kLongest ||
      request.name.front() == '/' || request.name.back() == '/') {
    return absl::InvalidArgumentError(
        "the target: expected PROVIDER, PROVIDER/MODEL or PROVIDER/MODEL/CHECK, such as "
        "openai/gpt-6-luna/chat");
  }
  if (!request.check.empty() && !Contains(Checks(), request.check)) {
    return absl::InvalidArgumentError(absl::StrCat("flag --check: expected ",
                                                   absl::StrJoin(Checks(), " or "),
                                                   DidYouMean(request.check, Checks())));
  }
  return absl::OkStatus();
}

// Gives the name's check the word of --check.
absl::Status TakeCheckFlag(const TargetRequest& request, NameParts* parts) {
  if (request.check.empty()) return absl::OkStatus();
  if (!parts->check.empty() && parts->check != request.check) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the target says ", parts->check, ", but --check says ", request.check, ": remove one"));
  }
  parts->check = request.check;
  return absl::OkStatus();
}

// The settings that the options ask for; errors name the flag.
absl::StatusOr<Settings> ReadOptions(const TargetRequest& request) {
  Settings settings;
  for (const auto& [option, text] : request.options) {
    YamlNode value;
    value.kind = YamlNode::Kind::kScalar;
    value.scalar = text;
    const absl::StatusOr<bool> known = ReadSetting(option, value, &settings);
    if (!known.ok()) {
      // What follows the option's name: ": expected …, not …".
      return absl::InvalidArgumentError(
          absl::StrCat("flag ", FlagOfOption(option),
                       std::string(known.status().message().substr(option.size()))));
    }
  }
  if (settings.api_key_env.value.has_value() && settings.api_key_file.value.has_value()) {
    return absl::InvalidArgumentError(
        "flags --api-key-env and --api-key-file exclude each other: remove one");
  }
  return settings;
}

// An error of the configuration's, in the words of the command line.
absl::Status InFlagWords(const absl::Status& status) {
  return absl::InvalidArgumentError(
      absl::StrReplaceAll(status.message(), {{"allow_plain_http: true", "--allow-plain-http"},
                                             {"allow_plain_http", "--allow-plain-http"},
                                             {"api_key_env", "--api-key-env"},
                                             {"api_key_file", "--api-key-file"},
                                             {"base_url", "--base-url"},
                                             {"ca_file", "--ca-file"},
                                             {"proxy:", "--proxy:"}}));
}

absl::Status UnknownProvider(const std::string& provider, const Names& configured) {
  Names names = configured;
  for (const std::string& name : ProviderNames()) AddOnce(name, &names);
  return absl::InvalidArgumentError(absl::StrCat(
      "unknown provider ", Quoted(provider), DidYouMean(absl::AsciiStrToLower(provider), names),
      ": name one of ", List(names), "; or say with --base-url where it is"));
}

absl::Status NoModel(const std::string& provider) {
  return absl::InvalidArgumentError(absl::StrCat(
      "provider ", Quoted(provider), " has no default model: name one, as in PROVIDER/MODEL"));
}

// A target that only the command line and HeyHi's own table describe. `configured`
// are the providers of a configuration that does not have it.
absl::StatusOr<PlannedProbe> PlanFromTable(const TargetRequest& request, const Settings& settings,
                                           const ConfigSources& sources,
                                           const Names& configured = {}) {
  NameParts parts = SplitName(request.name, [](const std::string& /*head*/) { return true; });
  if (auto status = TakeCheckFlag(request, &parts); !status.ok()) return status;
  const Provider* known = FindProvider(parts.provider);
  if (known == nullptr && !settings.base_url.value.has_value()) {
    return UnknownProvider(parts.provider, configured);
  }
  if (parts.model.empty() && known != nullptr) parts.model = std::string(known->default_model);
  if (parts.model.empty()) return NoModel(parts.provider);
  const TargetId id{parts.provider, parts.model, parts.check.empty() ? "chat" : parts.check,
                    "local"};
  ConfigInputs inputs(sources);
  int line = 0;  // flags stand on none
  absl::StatusOr<Target> target = BuildTarget(id, settings, inputs, &line);
  if (!target.ok()) return InFlagWords(target.status());
  NetworkWatch::Options network;
  network.proxy = target->proxy;  // canaries need it as much
  return PlannedProbe{std::make_shared<const Target>(*std::move(target)), PriceTable::BuiltIn(),
                      std::move(network),
                      settings.base_url.value.has_value() ? "" : "with HeyHi's defaults"};
}

// A configuration's text, and what is in it.
struct ConfigText {
  std::string file;
  std::string text;
  std::vector<TargetId> ids;

  Names ProviderNames() const {
    Names names;
    for (const TargetId& id : ids) AddOnce(id.provider, &names);
    return names;
  }
  Names ModelsOf(const std::string& provider) const {
    Names names;
    for (const TargetId& id : ids) {
      if (id.provider == provider) AddOnce(id.model, &names);
    }
    return names;
  }
};

absl::StatusOr<ConfigText> ReadConfigText(const std::string& file, const ConfigSources& sources) {
  const absl::StatusOr<std::string> text = sources.file(file);
  if (!text.ok()) return text.status();
  ConfigText config{file, *text, {}};
  const auto read = ParseConfig(file, *text, sources, [&config](const TargetId& id) {
    config.ids.push_back(id);
    return false;
  });
  if (!read.ok()) return absl::InvalidArgumentError(read.status().message());
  return config;
}

absl::Status NotConfigured(const ConfigText& config, const NameParts& parts) {
  const Names models = config.ModelsOf(parts.provider);
  if (models.empty()) {
    const Names providers = config.ProviderNames();
    return absl::NotFoundError(
        absl::StrCat(config.file, " has no provider ", Quoted(parts.provider),
                     DidYouMean(parts.provider, providers), ": it has ", List(providers)));
  }
  return absl::NotFoundError(absl::StrCat(config.file, " has no model ", Quoted(parts.model),
                                          " of ", parts.provider, DidYouMean(parts.model, models),
                                          ": it has ", List(models)));
}

struct Choice {
  TargetId configured;  // whose options serve
  std::string check;    // to make
};

// NotFound where the configuration has no such target.
absl::StatusOr<Choice> Choose(const TargetRequest& request, const ConfigText& config) {
  const Names models = config.ModelsOf(request.name.substr(0, request.name.find('/')));
  NameParts parts = SplitName(
      request.name, [&models](const std::string& head) { return Contains(models, head); });
  if (auto status = TakeCheckFlag(request, &parts); !status.ok()) return status;
  if (parts.model.empty() && !models.empty()) parts.model = models.front();
  const TargetId* chosen = nullptr;
  const std::string wish = parts.check.empty() ? "chat" : parts.check;
  for (const TargetId& id : config.ids) {
    if (id.provider != parts.provider || id.model != parts.model) continue;
    if (chosen == nullptr || id.check == wish) chosen = &id;
  }
  if (chosen == nullptr) return NotConfigured(config, parts);
  return Choice{*chosen, parts.check.empty() ? chosen->check : parts.check};
}

absl::StatusOr<PlannedProbe> PlanFromConfig(const TargetRequest& request, const Settings& settings,
                                            const ConfigText& config,
                                            const ConfigSources& sources) {
  const auto choice = Choose(request, config);
  if (!choice.ok()) return choice.status();
  auto read = ParseConfig(config.file, config.text, sources,
                          [&choice](const TargetId& id) { return id == choice->configured; });
  if (!read.ok()) return absl::InvalidArgumentError(read.status().message());
  Target target = *read->targets.front();
  const bool is_configured = target.id.check == choice->check;
  target.id.check = choice->check;
  target.timeout = settings.timeout.value.value_or(target.timeout);
  return PlannedProbe{
      std::make_shared<const Target>(std::move(target)), std::move(read->prices),
      std::move(read->network),
      absl::StrCat("as in ", config.file, is_configured ? "" : ", but for the check")};
}

// The usual configuration need not be there, nor have the target.
absl::StatusOr<PlannedProbe> PlanFromUsualConfig(const TargetRequest& request,
                                                 const Settings& settings,
                                                 const ConfigSources& sources) {
  const auto config = ReadConfigText(kUsualConfig, sources);
  if (absl::IsNotFound(config.status())) return PlanFromTable(request, settings, sources);
  if (!config.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(std::string(config.status().message()), " (--config.file= does without it)"));
  }
  auto plan = PlanFromConfig(request, settings, *config, sources);
  if (!absl::IsNotFound(plan.status())) return plan;
  auto known = PlanFromTable(request, settings, sources, config->ProviderNames());
  if (known.ok()) absl::StrAppend(&known->origin, ": ", std::string(plan.status().message()));
  return known;
}

}  // namespace

std::string FlagOfOption(std::string_view option) {
  return absl::StrCat("--", absl::StrReplaceAll(std::string(option), {{"_", "-"}}));
}

absl::StatusOr<PlannedProbe> PlanProbe(const TargetRequest& request, const ConfigSources& sources) {
  if (auto status = CheckRequest(request); !status.ok()) return status;
  const auto settings = ReadOptions(request);
  if (!settings.ok()) return settings.status();
  const auto own = std::find_if(request.options.begin(), request.options.end(),
                                [](const auto& option) { return option.first != "timeout"; });
  const std::string file = request.config_file.value_or("");
  if (own != request.options.end() && !file.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("flag ", FlagOfOption(own->first),
                     " describes an endpoint of its own, to which no configuration applies: remove "
                     "it, or --config.file"));
  }
  if (own != request.options.end() || request.config_file == "") {
    return PlanFromTable(request, *settings, sources);
  }
  if (file.empty()) return PlanFromUsualConfig(request, *settings, sources);
  const auto config = ReadConfigText(file, sources);
  if (!config.ok()) return config.status();
  return PlanFromConfig(request, *settings, *config, sources);
}

}  // namespace heyhi
